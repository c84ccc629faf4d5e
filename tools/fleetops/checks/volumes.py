"""Checks on the way to the storage: mounts, volumes, claims."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.checks.interface import Check, Problem
from fleetops.checks.pods import selects
from fleetops.manifests import Severity, dig, home, mappings, written
from fleetops.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.checks.interface import Scene
    from fleetops.checks.pods import Workload
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest


def volume_absent(scene: Scene) -> Iterator[Problem]:
    """A container mounts a volume that its pod does not have.

    The API server refuses the workload: every name in volumeMounts and volumeDevices has to be a
    volume of the pod or, in a StatefulSet, one of its volumeClaimTemplates. Declare the volume, or
    correct the name.
    """
    for workload in scene.workloads:
        names = [volume.get("name") for _, volume in mappings(workload.spec.get("volumes"))]
        names += [dig(template, "metadata", "name") for _, template in _templates(workload)]
        volumes = {name for name in names if isinstance(name, str)}
        for path, container in workload.containers():
            for key in ("volumeMounts", "volumeDevices"):
                for index, mount in mappings(container.get(key)):
                    name = mount.get("name")
                    if isinstance(name, str) and name not in volumes:
                        message = f"the pod has no volume {name}"
                        where = (*path, key, index, "name")
                        yield Problem(message, workload.manifest.reference, where)


def claim_absent(scene: Scene) -> Iterator[Problem]:
    """A volume is of a PersistentVolumeClaim that is not there.

    The pod stays Pending until somebody makes the claim. Add the claim to the namespace of the
    workload, or correct claimName. A claim that a StatefulSet of this render makes from a template,
    as in `data-database-0`, counts as present.
    """
    made = {
        (home(workload.namespace), _made_name(workload.manifest, template))
        for workload in scene.workloads
        for _, template in _templates(workload)
    }
    for workload, path, name in _mounted(scene):
        prefix, _, ordinal = name.rpartition("-")
        own = ordinal.isdigit() and (home(workload.namespace), prefix) in made
        if not own and not _claim(scene, workload, name):
            message = f"there is no PersistentVolumeClaim {name} in its namespace"
            yield Problem(message, workload.manifest.reference, path)


def rwo_rolling_update(scene: Scene) -> Iterator[Problem]:
    """Two pods would share a volume that only one node can have.

    A ReadWriteOnce volume is attached to one node at a time. RollingUpdate, which is the default,
    starts the new pod before the old one has gone, so on another node it waits for the volume for
    ever, and the rollout with it; more than one replica does the same. Give the Deployment one
    replica and the strategy Recreate (or a maxSurge of 0), or use a StatefulSet with
    volumeClaimTemplates, or a class of storage that offers ReadWriteMany.
    """
    for workload, _, name in _mounted(scene):
        claim, manifest = _claim(scene, workload, name), workload.manifest
        if claim is None or not _is_single(claim.get("spec", "accessModes")):
            continue
        if (workload.replicas or 0) > 1:
            yield Problem(
                f"{workload.replicas} replicas share the claim {name}, which one node can have",
                manifest.reference,
                written(manifest, "spec", "replicas"),
            )
        if manifest.reference.kind == "Deployment" and _surges(manifest):
            yield Problem(
                f"a rolling update needs the claim {name} twice, which one node can have",
                manifest.reference,
                written(manifest, "spec", "strategy", "type"),
            )


def _is_single(modes: Any) -> bool:  # noqa: ANN401
    single = ("ReadWriteOnce", "ReadWriteOncePod")
    return isinstance(modes, list) and bool(modes) and all(mode in single for mode in modes)


def _surges(deployment: Manifest) -> bool:
    strategy = deployment.get("spec", "strategy")
    rolling = dig(strategy, "type") in (None, "RollingUpdate")
    return rolling and dig(strategy, "rollingUpdate", "maxSurge") not in (0, "0%")


def _mounted(scene: Scene) -> Iterator[tuple[Workload, NodePath, str]]:
    """Give the claims that workloads name, with the paths to the names."""
    for workload in scene.workloads:
        for index, volume in mappings(workload.spec.get("volumes")):
            name = dig(volume, "persistentVolumeClaim", "claimName")
            if isinstance(name, str):
                step = ("persistentVolumeClaim", "claimName")
                yield workload, (*workload.template, "spec", "volumes", index, *step), name


def _claim(scene: Scene, workload: Workload, name: str) -> Manifest | None:
    return scene.find("", "PersistentVolumeClaim", workload.namespace, name)


def _templates(workload: Workload) -> Iterator[tuple[int, dict[str, Any]]]:
    return mappings(workload.manifest.get("spec", "volumeClaimTemplates"))


def _made_name(manifest: Manifest, template: dict[str, Any]) -> str:
    return f"{dig(template, 'metadata', 'name')}-{manifest.reference.name}"


def claim_unbound(scene: Scene) -> Iterator[Problem]:
    """A PersistentVolumeClaim finds no volume.

    It stays Pending, and so do the pods that mount it. A claim is served by the StorageClass that
    it names, if that has a provisioner, or by a PersistentVolume of the same class that is large
    enough, has all its access modes and its volumeMode, fits its selector, and is not kept for
    another claim by claimRef; a claim that names a volume, or has a selector, is never provisioned.
    Class and volume have to be in this render; only a claim without storageClassName is left to the
    default class of the cluster. Correct what the message names of the claim, class or volume.
    """
    stock = _Stock(scene)
    for claim in _claims(scene):
        problem = stock.problem(claim)
        if problem:
            step, message = problem
            where = written(claim.manifest, *claim.path, *step)
            yield Problem(message, claim.manifest.reference, where)


class _Claim(Struct, frozen=True):
    """A claim, or the first one that a StatefulSet makes of a template."""

    manifest: Manifest
    path: NodePath
    """To its spec."""
    key: tuple[str, str]
    """Its namespace and name."""
    spec: dict[str, Any]


def _claims(scene: Scene) -> Iterator[_Claim]:
    for manifest in scene.of("", "PersistentVolumeClaim"):
        spec, reference = manifest.get("spec"), manifest.reference
        if isinstance(spec, dict):
            key = (home(reference.namespace), reference.name)
            yield _Claim(manifest, ("spec",), key, spec)
    for workload in scene.workloads:
        for index, template in _templates(workload):
            spec, manifest = template.get("spec"), workload.manifest
            if isinstance(spec, dict):
                start = manifest.get("spec", "ordinals", "start") or 0
                name = f"{_made_name(manifest, template)}-{start}"
                path = ("spec", "volumeClaimTemplates", index, "spec")
                yield _Claim(manifest, path, (home(workload.namespace), name), spec)


_Misfit = tuple["NodePath", str]
"""What is wrong, and the path in the claim's spec to what does not fit."""

_SHOWN = 3
"""As many volumes that do not fit are named in a message."""


class _Stock:
    """The classes and volumes of a render."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.kept: Mapping[tuple[str, str], list[Manifest]] = defaultdict(list)
        """The volumes that are kept for a claim."""
        self.free: Mapping[str, list[Manifest]] = defaultdict(list)
        """The volumes that are kept for nobody, by class."""
        self.all: Mapping[str, list[Manifest]] = defaultdict(list)
        """All volumes, by class."""
        for volume in scene.of("", "PersistentVolume"):
            owner, name = _owner(volume), volume.get("spec", "storageClassName")
            name = name if isinstance(name, str) else ""
            self.all[name].append(volume)
            if owner:
                self.kept[owner].append(volume)
            else:
                self.free[name].append(volume)

    def problem(self, claim: _Claim) -> _Misfit | None:
        """Say why a claim finds no volume; None where it does."""
        name, wanted = claim.spec.get("volumeName"), claim.spec.get("storageClassName")
        if isinstance(name, str) and name:
            volume = self.scene.find("", "PersistentVolume", "", name)
            if volume is None:
                return ("volumeName",), f"there is no PersistentVolume {name}"
            return _joined(claim, [volume])
        if not isinstance(wanted, str) or self.provisions(claim, wanted):
            return None
        candidates = [*self.kept.get(claim.key, ()), *self.free.get(wanted, ())]
        if any(_misfit(claim, volume) is None for volume in candidates):
            return None
        # Those that are kept for others are only spoken of where there is nothing else.
        volumes = candidates or self.all.get(wanted, [])
        return _joined(claim, volumes) or (("storageClassName",), self.without(claim, wanted))

    def provisions(self, claim: _Claim, name: str) -> bool:
        found = self.scene.find("storage.k8s.io", "StorageClass", "", name)
        if found is None or claim.spec.get("selector"):
            return False
        return bool(found.get("provisioner") != "kubernetes.io/no-provisioner")

    def without(self, claim: _Claim, name: str) -> str:
        if not name:
            return "there is no PersistentVolume without a class"
        if self.scene.find("storage.k8s.io", "StorageClass", "", name) is None:
            return f"there is no StorageClass {name}, and no PersistentVolume of that class"
        maker = "for a claim with a selector" if claim.spec.get("selector") else "by itself"
        return f"there is no PersistentVolume of the class {name}, which makes none {maker}"


def _joined(claim: _Claim, volumes: list[Manifest]) -> _Misfit | None:
    """Say why each volume does not fit; the path is theirs if they agree."""
    shown = [(volume.reference.name, _misfit(claim, volume)) for volume in volumes[:_SHOWN]]
    found = [(name, *misfit) for name, misfit in shown if misfit]
    if not found:
        return None
    paths = {path for _, path, _ in found}
    said = [f"PersistentVolume {name} {what}" for name, _, what in found]
    if len(volumes) > _SHOWN:
        said.append(f"and {len(volumes) - _SHOWN} more")
    return paths.pop() if len(paths) == 1 else ("storageClassName",), "; ".join(said)


def _owner(volume: Manifest) -> tuple[str, str] | None:
    """The claim that a volume is kept for; a claimRef without namespace is nobody's."""
    reference = volume.get("spec", "claimRef")
    if not isinstance(reference, dict):
        return None
    return str(reference.get("namespace") or ""), str(reference.get("name") or "")


def _misfit(claim: _Claim, volume: Manifest) -> _Misfit | None:
    """Say the first thing by which a volume does not fit a claim."""
    owner, wanted = _owner(volume), claim.spec.get("storageClassName")
    if owner and owner != claim.key:
        path = "volumeName" if claim.spec.get("volumeName") else "storageClassName"
        return (path,), f"is kept for {'/'.join(owner)}"
    offered = volume.get("spec", "storageClassName") or ""
    if isinstance(wanted, str) and wanted != offered:
        return ("storageClassName",), f"has the class {offered or '(none)'}"
    return _short(claim, volume) or _otherwise(claim, volume)


def _short(claim: _Claim, volume: Manifest) -> _Misfit | None:
    asked = dig(claim.spec, "resources", "requests", "storage")
    has = volume.get("spec", "capacity", "storage")
    least, most = quantity(asked), quantity(has)
    if least is not None and most is not None and most < least:
        return ("resources", "requests", "storage"), f"has {has}, not {asked}"
    return None


def _otherwise(claim: _Claim, volume: Manifest) -> _Misfit | None:
    modes, offered = claim.spec.get("accessModes"), volume.get("spec", "accessModes")
    if isinstance(modes, list) and isinstance(offered, list):
        missing = [str(mode) for mode in modes if mode not in offered]
        if missing:
            return ("accessModes",), f"does not offer {', '.join(missing)}"
    mode = volume.get("spec", "volumeMode") or "Filesystem"
    if mode != (claim.spec.get("volumeMode") or "Filesystem"):
        return ("volumeMode",), f"has the volumeMode {mode}"
    # A claim that names its volume is not asked for its selector.
    selector = None if claim.spec.get("volumeName") else claim.spec.get("selector")
    labels = volume.get("metadata", "labels")
    if not selects(selector, labels if isinstance(labels, dict) else {}):
        return ("selector",), "does not have the labels of the selector"
    return None


CHECKS = (
    Check(volume_absent, Severity.ERROR),
    Check(claim_absent, Severity.ERROR),
    Check(claim_unbound, Severity.ERROR),
    Check(rwo_rolling_update, Severity.ERROR),
)
