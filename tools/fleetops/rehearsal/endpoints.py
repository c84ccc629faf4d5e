"""The ready endpoints of Services, and the time that each was without one."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from fleetops.errors import ProgramError
from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.kube import Access

Service = tuple[str, str]
"""Namespace and name."""

_SLICES: Final = "/apis/discovery.k8s.io/v1/endpointslices"
_PATIENCE: Final = 3600.0
_END_SECONDS: Final = 5.0
_POLL: Final = 0.05


class Endpoints:
    """Watches from entering the `with` block to leaving it."""

    def __init__(self, access: Access) -> None:
        self._client = access.client()
        self._watcher = access.client(_PATIENCE)
        self._ready: dict[str, tuple[Service, int]] = {}
        self._last: dict[Service, int] = {}
        self._out_since: dict[Service, float] = {}
        self._out: dict[Service, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        listed = self._client.get(_SLICES) or {"items": (), "metadata": {"resourceVersion": "0"}}
        for one in listed["items"]:
            self._note("ADDED", one)
        self._version = listed["metadata"]["resourceVersion"]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        deadline = time.monotonic() + _END_SECONDS
        # It may not have connected yet, and then there is nothing to interrupt.
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._watcher.interrupt()
            self._thread.join(_POLL)
        if not self._thread.is_alive():
            # Closed while the thread reads, it would wait for what may never come.
            self._watcher.close()
        self._client.close()

    def counts(self) -> Mapping[Service, int]:
        """Give the number of ready endpoints of each Service that has an EndpointSlice, now."""
        found: dict[Service, int] = defaultdict(int)
        for one in self._client.items(_SLICES):
            service, ready = _read(one)
            found[service] += ready
        return found

    def mark(self) -> None:
        """Begin to count seconds, from now on and for the Services that have an endpoint now."""
        with self._lock:
            self._out.clear()
            self._out_since.clear()
            self._last = {service: ready for service, ready in self._last.items() if ready}
            self._out |= dict.fromkeys(self._last, 0.0)

    def seconds(self) -> dict[Service, float]:
        """Give the seconds without a ready endpoint since `mark`, by Service."""
        now = time.monotonic()
        with self._lock:
            return {
                service: out + (now - self._out_since[service] if service in self._out_since else 0)
                for service, out in self._out.items()
            }

    def _watch(self) -> None:
        path = f"{_SLICES}?watch=1&resourceVersion={self._version}"
        # It ends with the block, or with the API server, which the others notice too.
        with suppress(ProgramError):
            for event in self._watcher.watch(path):
                self._note(event["type"], event["object"])

    def _note(self, kind: str, value: dict[str, Any]) -> None:
        if value.get("kind") == "Status":
            return
        service, ready = _read(value)
        with self._lock:
            key = f"{service[0]}/{value['metadata']['name']}"
            self._ready[key] = (service, 0 if kind == "DELETED" else ready)
            total = sum(count for other, count in self._ready.values() if other == service)
            self._last[service] = total
            if service in self._out:
                self._turn(service, total)

    def _turn(self, service: Service, total: int) -> None:
        now = time.monotonic()
        if total == 0:
            self._out_since.setdefault(service, now)
        elif service in self._out_since:
            self._out[service] += now - self._out_since.pop(service)


def _read(value: dict[str, Any]) -> tuple[Service, int]:
    metadata = value["metadata"]
    name = dig(metadata, "labels", "kubernetes.io/service-name") or ""
    # Without a word on it, an endpoint is ready.
    ready = sum(
        dig(one, "conditions", "ready") is not False for one in value.get("endpoints") or ()
    )
    return (metadata["namespace"], name), ready
