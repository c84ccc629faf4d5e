"""Rules on what loses data: claims, volumes, and what holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.annotations import guards_of
from fleetops.danger.interface import Danger, Rule, Weight, named
from fleetops.manifests import dig, mappings
from fleetops.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.danger.interface import Change, Pair
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest


def _leaves(manifest: Manifest, then: str) -> Danger:
    guards = " and ".join(guards_of(manifest.value))
    fate = f"{guards} would keep it" if guards else then
    return Danger(f"{manifest.reference.short} leaves the render: {fate}", manifest, gone=True)


def claim_removed(change: Change) -> Iterator[Danger]:
    """A PersistentVolumeClaim leaves the render.

    A controller that prunes deletes it, and with it, where the volume's reclaim policy is Delete,
    the data. A claim with another name is another claim, with an empty volume. Keep the claim under
    its name; where the data is really to go, delete it by hand afterwards.
    """
    for claim in change.gone("", "PersistentVolumeClaim"):
        yield _leaves(claim, "it would be pruned, and its volume released or deleted")


def volume_removed(change: Change) -> Iterator[Danger]:
    """A PersistentVolume leaves the render.

    Pruned, it stays until its claim is gone and is then deleted; a new one of another name is not
    bound to the claim that has the data. Keep the volume under its name.
    """
    for volume in change.gone("", "PersistentVolume"):
        yield _leaves(volume, "it would be pruned")


def stateful_set_removed(change: Change) -> Iterator[Danger]:
    """A StatefulSet leaves the render.

    Its pods end at once and its claims stay behind without an owner, or go with it where
    persistentVolumeClaimRetentionPolicy says Delete. One of another name makes new claims, which
    are empty. Keep its name; to move it, copy the data first.
    """
    for one in change.gone("apps", "StatefulSet"):
        yield _leaves(one, "it would be pruned")


def namespace_removed(change: Change) -> Iterator[Danger]:
    """A Namespace leaves the render.

    A controller that prunes deletes it with everything in it, also what no render has: claims,
    Secrets, the work of other teams. Keep the namespace; to rename it is to move everything.
    """
    for one in change.gone("", "Namespace"):
        yield _leaves(one, "it would be pruned with everything in it")


def definition_removed(change: Change) -> Iterator[Danger]:
    """A CustomResourceDefinition leaves the render.

    Pruned, it takes every object of its kind with it, in all namespaces. Keep it until the last
    object of the kind is gone.
    """
    for one in change.gone("apiextensions.k8s.io", "CustomResourceDefinition"):
        yield _leaves(one, "it would be pruned with every object of its kind")


def prune_guard_dropped(change: Change) -> Iterator[Danger]:
    """An object loses its guard against pruning.

    It carried the annotation that keeps Argo CD or Flux from deleting it when it leaves the render,
    and would carry it no more: the next change that takes it out deletes it. Put the annotation
    back.
    """
    for pair in change.pairs:
        lost = set(guards_of(pair.old.value)) - set(guards_of(pair.new.value))
        for controller in sorted(lost):
            message = f"{controller} would no longer be kept from pruning it"
            yield pair.danger(message, "metadata", "annotations")


def reclaim_policy_delete(change: Change) -> Iterator[Danger]:
    """A volume comes to be deleted together with its claim.

    With the reclaim policy Delete the storage goes when the claim goes, and a StatefulSet whose
    persistentVolumeClaimRetentionPolicy is Delete deletes the claims itself. A StorageClass comes
    to it only where a controller is told to replace it, and then for new volumes. Leave it at
    Retain where there is data that somebody would miss.
    """
    places: tuple[tuple[str, str, NodePath], ...] = (
        ("", "PersistentVolume", ("spec", "persistentVolumeReclaimPolicy")),
        ("storage.k8s.io", "StorageClass", ("reclaimPolicy",)),
        ("apps", "StatefulSet", ("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")),
        ("apps", "StatefulSet", ("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled")),
    )
    for group, kind, path in places:
        absent = "Delete" if kind == "StorageClass" else "Retain"
        for pair in change.changed(group, kind):
            old, new = (one.get(*path) or absent for one in (pair.old, pair.new))
            possible = kind != "StorageClass" or pair.forced
            if new == "Delete" != old and possible:
                yield pair.danger(f"{path[-1]} goes from {old} to Delete", *path)


def storage_shrunk(change: Change) -> Iterator[Danger]:
    """A claim or a volume becomes smaller.

    No volume can be made smaller: the API server refuses it of a claim, and a volume that says less
    than it has is not bound to a claim that needs that much. Leave the size, or move the data to a
    new claim.
    """
    places: tuple[tuple[str, NodePath], ...] = (
        ("PersistentVolumeClaim", ("spec", "resources", "requests", "storage")),
        ("PersistentVolume", ("spec", "capacity", "storage")),
    )
    for kind, path in places:
        for pair in change.changed("", kind):
            old, new = quantity(pair.old.get(*path)), quantity(pair.new.get(*path))
            if old is not None and new is not None and new < old:
                message = f"goes from {pair.old.get(*path)} to {pair.new.get(*path)}"
                yield pair.danger(message, *path)


def storage_class_changed(change: Change) -> Iterator[Danger]:
    """A claim gets another class of storage.

    The class of a claim cannot be changed, so the API server refuses it; whoever then deletes the
    claim to have it made anew deletes the data. Make a new claim of the new class, copy the data,
    and switch the workload over.
    """
    for pair in change.changed("", "PersistentVolumeClaim"):
        yield from _class(pair, ("spec", "storageClassName"), pair.old.get("spec"))
    for pair in change.changed("apps", "StatefulSet"):
        templates = {
            str(dig(one, "metadata", "name")): one.get("spec")
            for _, one in mappings(pair.old.get("spec", "volumeClaimTemplates"))
        }
        for index, one in mappings(pair.new.get("spec", "volumeClaimTemplates")):
            before = templates.get(str(dig(one, "metadata", "name")))
            path = ("spec", "volumeClaimTemplates", index, "spec", "storageClassName")
            if before is not None:
                yield from _class(pair, path, before)


def _class(pair: Pair, path: NodePath, before: object) -> Iterator[Danger]:
    old, new = dig(before, "storageClassName"), pair.new.get(*path)
    if old != new:
        message = f"the class goes from {named(old, 'the default')} to {named(new, 'the default')}"
        yield pair.danger(message, *path)


RULES = tuple(
    Rule(run, Weight.REFUSE)
    for run in (
        claim_removed,
        volume_removed,
        stateful_set_removed,
        namespace_removed,
        definition_removed,
        prune_guard_dropped,
        reclaim_policy_delete,
        storage_shrunk,
        storage_class_changed,
    )
)
