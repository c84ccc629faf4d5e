"""Waiting until what was applied has arrived, or until nothing moves any more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from fleetops.kube.apply import live
from fleetops.manifests import dig, home
from fleetops.rehearsal.rollouts import MOVING, goes_when_done, waits_for
from fleetops.rehearsal.stand import warnings
from fleetops.rehearsal.volumes import provision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fleetops.manifests import Manifest
    from fleetops.rehearsal.endpoints import Endpoints
    from fleetops.rehearsal.stand import Stand

_POLL: Final = 0.05
_STILL_SECONDS: Final = 20.0
"""After this time without any change nothing more is expected where no container runs."""
_NARRATED_EVERY: Final = 5.0
_REASONS: Final = 2


class Waiting(Struct, frozen=True):
    """An object that has not arrived."""

    manifest: Manifest
    why: str


class Settled(Struct, frozen=True):
    """How the waiting ended."""

    waiting: tuple[Waiting, ...] = ()
    """What has not arrived; none where everything has."""
    drivers: frozenset[str] = frozenset()
    """The CSI drivers that were stood in for."""


def settle(
    stand: Stand,
    manifests: Sequence[Manifest],
    endpoints: Endpoints,
    timeout: float,
    narrate: Callable[[str], None],
) -> Settled:
    """Wait until workloads have rolled out, claims are Bound and Services have endpoints.

    `timeout` is in seconds. Raises ProgramError where the API server does not answer.
    """
    start = moved = narrated = time.monotonic()
    patience = _patience(manifests) if stand.lends else timeout
    namespaces = stand.namespaces_of(manifests)
    drivers: set[str] = set()
    before: list[_Seen] = []
    while True:
        if stand.lends:
            claims = stand.listed("persistentvolumeclaims", namespaces)
            drivers.update(provision(stand.client, claims))
        seen = list(_look(stand, manifests, endpoints))
        if not seen:
            return Settled(drivers=frozenset(drivers))
        now = time.monotonic()
        if seen != before:
            before, moved = seen, now
        if now - start >= timeout or now - moved >= patience:
            return Settled(tuple(_explained(stand, seen, namespaces)), frozenset(drivers))
        if now - narrated >= _NARRATED_EVERY:
            narrated = now
            more = f", and {len(seen) - 1} more" if len(seen) > 1 else ""
            narrate(f"waiting: {seen[0].manifest.reference.short}: {seen[0].why}{more}")
        time.sleep(_POLL)


def _patience(manifests: Sequence[Manifest]) -> float:
    """Give the seconds for which everything may stand still: some pods have to be ready so long."""
    asked = (one.get("spec", "minReadySeconds") for one in manifests)
    return _STILL_SECONDS + max((one for one in asked if isinstance(one, int)), default=0)


class _Seen(NamedTuple):
    """Something that has not arrived."""

    manifest: Manifest
    version: str | None
    """Changes with every step of it."""
    why: str


def _look(stand: Stand, manifests: Sequence[Manifest], endpoints: Endpoints) -> Iterator[_Seen]:
    ready = endpoints.counts()
    for manifest in manifests:
        reference = manifest.reference
        kind = (reference.group, reference.kind)
        if kind in MOVING:
            value = live(stand.client, stand.kinds, manifest)
            gone = None if goes_when_done(manifest.value) else "it is gone"
            why = gone if value is None else waits_for(value)
            if why:
                yield _Seen(manifest, dig(value, "metadata", "resourceVersion"), why)
        elif kind == ("", "Service") and _selects(manifest):
            service = (home(reference.namespace), reference.name)
            if not ready.get(service):
                yield _Seen(manifest, None, "it has no ready endpoint")


def _selects(service: Manifest) -> bool:
    selector, kind = service.get("spec", "selector"), service.get("spec", "type")
    return bool(selector) and kind != "ExternalName"


def _explained(stand: Stand, seen: Iterable[_Seen], namespaces: Sequence[str]) -> Iterator[Waiting]:
    """Add what the controllers complain of."""
    said = warnings(stand, namespaces)
    for manifest, _, why in seen:
        namespace, name = home(manifest.reference.namespace), manifest.reference.name
        reasons = [
            message
            for (where, about), messages in said.items()
            if where == namespace and (about == name or about.startswith(f"{name}-"))
            for message in messages
        ]
        yield Waiting(manifest, "; ".join((why, *list(dict.fromkeys(reasons))[-_REASONS:])))
