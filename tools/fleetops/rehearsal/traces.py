"""What a rehearsal leaves in a cluster that outlives it: written down before, cleared by the next.

The list is a ConfigMap in the namespace `default`, and beside it is the Lease that lets one
rehearsal at a time use the cluster.
"""

from __future__ import annotations

import os
import platform
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fleetops.errors import ProgramError, RefusedError
from fleetops.kube import in_namespace
from fleetops.kube.apply import (
    NAMESPACE,
    delete,
    drop_finalizers,
    finalize,
    in_order,
    live,
)
from fleetops.kube.names import impossible
from fleetops.manifests import Manifest, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.rehearsal.stand import Stand

_NAME: Final = "fleetops-rehearsal"
_LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
_LEASE: Final = f"{_LEASES}/{_NAME}"
_LISTS: Final = "/api/v1/namespaces/default/configmaps"
_LIST: Final = f"{_LISTS}/{_NAME}"
_CLEAR_SECONDS: Final = 60.0
_FINALIZER_SECONDS: Final = 5.0
"""After this time whoever was to take a finalizer away is none of the cluster's controllers."""
_POLL: Final = 0.05
_OWN_KINDS: Final = ("persistentvolumeclaims", "pods")
"""What controllers and claim templates make in a namespace, which would hold its end up."""


@contextmanager
def alone(stand: Stand, seconds: float) -> Iterator[None]:
    """Have the cluster for a rehearsal of at most so many seconds.

    Raises RefusedError while another one has it. What a killed one holds is taken over: at once if
    it was of this machine, else when its time is up.
    """
    me = f"{platform.node()} {os.getpid()}"
    spec = {
        "holderIdentity": me,
        "leaseDurationSeconds": int(seconds),
        "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    lease: dict[str, Any] = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": _NAME},
        "spec": spec,
    }
    held = stand.client.get(_LEASE)
    if held is None:
        answer = stand.client.ask("POST", _LEASES, msgspec.json.encode(lease))
    elif _is_over(held["spec"]):
        lease["metadata"]["resourceVersion"] = held["metadata"]["resourceVersion"]
        answer = stand.client.ask("PUT", _LEASE, msgspec.json.encode(lease))
    else:
        raise _taken(held["spec"]["holderIdentity"])
    if answer.conflict:
        raise _taken("another process")
    if not answer.ok:
        raise ProgramError(f"the API server refuses a rehearsal: {answer.message}")
    mine = {"preconditions": {"uid": answer.value["metadata"]["uid"]}}
    try:
        yield
    finally:
        stand.client.ask("DELETE", _LEASE, msgspec.json.encode(mine))


def clear(stand: Stand) -> None:
    """Remove what an earlier rehearsal has left, and wait until it is gone.

    Raises ProgramError where it does not go.
    """
    written = stand.client.get(_LIST)
    if written is None:
        return
    left = msgspec.json.decode(written["data"]["objects"], type=list[tuple[str, str, str, str]])
    manifests = [_bare(*one) for one in left]
    namespaces = [one for one in manifests if one.reference.kind == NAMESPACE]
    names = {one.reference.name for one in namespaces}
    if not stand.shared:
        names |= {one.reference.namespace for one in manifests if one.reference.namespace}
    # A namespace that still has something in it when it is looked at first is not soon looked at
    # again.
    _remove(stand, [one for one in manifests if one not in namespaces], sorted(names))
    _clear_volumes(stand, names)
    _remove(stand, namespaces, [])
    stand.client.ask("DELETE", _LIST)


def _remove(stand: Stand, manifests: Sequence[Manifest], namespaces: Sequence[str]) -> None:
    """Delete objects, and what controllers made in namespaces, until they are gone."""
    start = time.monotonic()
    while True:
        remaining = [one for one in manifests if live(stand.client, stand.kinds, one)]
        made = [plural for plural in _OWN_KINDS if stand.listed(plural, namespaces)]
        if not remaining and not made:
            return
        taken = time.monotonic() - start
        if taken >= _CLEAR_SECONDS:
            what = remaining[0].reference if remaining else made[0]
            raise ProgramError(
                f"{what} of an earlier rehearsal does not go",
                hint="end the cluster, and start another",
            )
        for manifest in reversed(in_order(remaining)):
            delete(stand.client, stand.kinds, manifest)
            if manifest.reference.kind != NAMESPACE:
                if taken >= _FINALIZER_SECONDS:
                    drop_finalizers(stand.client, stand.kinds, manifest)
            elif stand.lends:
                finalize(stand.client, manifest.reference.name)
        for namespace in namespaces:
            for plural in made:
                path = in_namespace(namespace, plural)
                stand.client.ask("DELETE", path, b'{"gracePeriodSeconds":0}')
        time.sleep(_POLL)


def note(stand: Stand, manifests: Sequence[Manifest]) -> list[Reference]:
    """Write down what is about to be made, before it is; give what is there already, and stays."""
    possible = [one for one in manifests if not impossible(one.reference)]
    objects = {(one.api_version, *one.reference[1:]) for one in possible}
    objects |= {("v1", NAMESPACE, "", name) for name in stand.namespaces_of(manifests)}
    found = [_bare(*one) for one in sorted(objects)]
    there = [one.reference for one in found if live(stand.client, stand.kinds, one)]
    made = [one for one in found if one.reference not in there]
    listed = [[one.api_version, *one.reference[1:]] for one in made]
    value = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME},
        "data": {"objects": msgspec.json.encode(listed).decode()},
    }
    answer = stand.client.ask("POST", _LISTS, msgspec.json.encode(value))
    if not answer.ok:
        raise ProgramError(f"the API server refuses a rehearsal: {answer.message}")
    return there


def _clear_volumes(stand: Stand, namespaces: set[str]) -> None:
    """Remove the volumes whose claims were in the namespaces; they may be Retained."""
    for one in stand.client.items("/api/v1/persistentvolumes"):
        if (one["spec"].get("claimRef") or {}).get("namespace") in namespaces:
            stand.client.ask("DELETE", f"/api/v1/persistentvolumes/{one['metadata']['name']}")


def _bare(api_version: str, kind: str, namespace: str, name: str) -> Manifest:
    group = api_version.rpartition("/")[0]
    return Manifest(Reference(group, kind, namespace, name), api_version, {})


def _is_over(spec: dict[str, Any]) -> bool:
    machine, _, process = str(spec["holderIdentity"]).rpartition(" ")
    if machine == platform.node() and not Path(f"/proc/{process}").exists():
        return True
    end = datetime.fromisoformat(spec["renewTime"]) + timedelta(
        seconds=spec["leaseDurationSeconds"]
    )
    return datetime.now(UTC) > end


def _taken(holder: str) -> RefusedError:
    return RefusedError(
        f"another rehearsal is under way in this cluster, by {holder}",
        hint="wait for its end, or rehearse without --keep and --kubeconfig",
    )
