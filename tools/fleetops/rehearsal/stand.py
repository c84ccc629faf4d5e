"""A cluster as a rehearsal uses it, and what is seen in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.kube import Kinds, in_namespace
from fleetops.kube.names import impossible
from fleetops.manifests import Reference, dig, home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fleetops.kube import Access, Client
    from fleetops.manifests import Manifest


class Stand(Struct, frozen=True, dict=True):
    """A cluster to rehearse on."""

    access: Access
    lends: bool
    """Whether CSI drivers are stood in for: it is one of fleetops' own, which has none."""
    shared: bool
    """Whether somebody else may have something in it."""

    @cached_property
    def client(self) -> Client:
        """The one client of the main thread."""
        return self.access.client()

    def begin(self) -> None:
        """Take note of what has been said in the cluster until now: it is of no concern."""
        _ = self.since

    @cached_property
    def since(self) -> int:
        """The version of everything when it began; what is newer has come since."""
        listed = self.client.get("/api/v1/namespaces?limit=1") or {}
        return int(dig(listed, "metadata", "resourceVersion") or 0)

    @cached_property
    def taken_out(self) -> dict[str, dict[str, Any]]:
        """What was accepted and taken out again, since no pod answers behind it, by path."""
        return {}

    @cached_property
    def kinds(self) -> Kinds:
        """What the API server serves."""
        return Kinds(self.client)

    def namespaces_of(self, manifests: Iterable[Manifest]) -> list[str]:
        """Give the namespaces that objects are in, sorted."""
        found = set()
        for manifest in manifests:
            resource = self.kinds.of(manifest)
            possible = not impossible(manifest.reference)
            if resource is not None and resource.namespaced and possible:
                found.add(home(manifest.reference.namespace))
        return sorted(found)

    def listed(self, plural: str, namespaces: Iterable[str], api: str = "/api/v1") -> list[Any]:
        """Give the objects of a kind in namespaces."""
        return [
            one
            for namespace in namespaces
            for one in self.client.items(in_namespace(namespace, plural, api))
        ]


class ClaimState(Struct, frozen=True):
    """A claim, as it is in the cluster."""

    uid: str
    phase: str
    volume: str
    """Empty where it has none."""
    volume_uid: str


def claims(stand: Stand, namespaces: Iterable[str]) -> dict[Reference, ClaimState]:
    """Give the claims in namespaces, with their volumes; one that is being deleted is none."""
    volumes = {
        one["metadata"]["name"]: one["metadata"]["uid"]
        for one in stand.client.items("/api/v1/persistentvolumes")
    }
    found = {}
    for one in stand.listed("persistentvolumeclaims", namespaces):
        metadata, volume = one["metadata"], one["spec"].get("volumeName", "")
        if "deletionTimestamp" in metadata:
            # Whatever still uses it only puts its end off.
            continue
        reference = Reference("", "PersistentVolumeClaim", metadata["namespace"], metadata["name"])
        phase = dig(one, "status", "phase") or ""
        found[reference] = ClaimState(metadata["uid"], phase, volume, volumes.get(volume, ""))
    return found


def pods(stand: Stand, namespaces: Iterable[str]) -> dict[str, Reference]:
    """Give the pods in namespaces by their UIDs, each with the workload that it belongs to."""
    owners = {
        one["metadata"]["uid"]: reference
        for one in stand.listed("replicasets", namespaces, "/apis/apps/v1")
        for reference in _owners(one)
    }
    found = {}
    for one in stand.listed("pods", namespaces):
        metadata = one["metadata"]
        if "deletionTimestamp" in metadata:
            continue
        own = Reference("", "Pod", metadata["namespace"], metadata["name"])
        (owner, uid) = next(_owned_by(one), (own, ""))
        found[metadata["uid"]] = owners.get(uid, owner)
    return found


def warnings(stand: Stand, namespaces: Iterable[str]) -> Mapping[tuple[str, str], list[str]]:
    """Give what controllers complain of, by namespace and name of the object, the newest last.

    What they said before this rehearsal is left out.
    """
    found: dict[tuple[str, str], list[str]] = {}
    events = stand.listed("events?fieldSelector=type=Warning", namespaces)
    for one in sorted(events, key=lambda one: int(one["metadata"]["resourceVersion"])):
        about = one["involvedObject"]
        if int(one["metadata"]["resourceVersion"]) <= stand.since:
            continue
        said = found.setdefault((about.get("namespace", ""), about["name"]), [])
        message = " ".join(str(one.get("message", "")).split())
        if message and message not in said:
            said.append(message)
    return found


def _owners(value: Any) -> Iterator[Reference]:  # noqa: ANN401
    yield from (reference for reference, _ in _owned_by(value))


def _owned_by(value: Any) -> Iterator[tuple[Reference, str]]:  # noqa: ANN401
    """Give the owner that controls an object, and its UID."""
    metadata = value["metadata"]
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            group = owner["apiVersion"].rpartition("/")[0]
            name, namespace = owner["name"], metadata["namespace"]
            yield Reference(group, owner["kind"], namespace, name), owner["uid"]
