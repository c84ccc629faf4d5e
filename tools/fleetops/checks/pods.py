"""The pods that a render makes, and which of them a selector selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.manifests import TEMPLATES, dig, mappings, pod_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

LATE_LABELS = {
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
}
"""Labels that controllers put on pods, so that no pod template shows them."""


class Workload(Struct, frozen=True):
    """A manifest that makes pods, and where its pod template is."""

    manifest: Manifest
    template: NodePath
    """Path to what holds the pods' metadata and spec; empty for a Pod."""
    labels: Mapping[str, str]
    """The pods' labels."""
    spec: dict[str, Any]
    """The pods' spec."""

    @property
    def namespace(self) -> str:
        """The pods' namespace."""
        return self.manifest.reference.namespace

    def containers(self) -> Iterator[tuple[NodePath, dict[str, Any]]]:
        """Give the containers, those of the start-up first, with their paths in the manifest."""
        for key in ("initContainers", "containers", "ephemeralContainers"):
            for index, container in mappings(self.spec.get(key)):
                yield (*self.template, "spec", key, index), container

    def serving(self) -> Iterator[tuple[NodePath, dict[str, Any]]]:
        """Give the containers that run beside each other: no start-up ones but sidecars."""
        for path, container in self.containers():
            if "initContainers" not in path or container.get("restartPolicy") == "Always":
                yield path, container

    def ports(self) -> Iterator[tuple[str, str]]:
        """Give name and protocol of the pods' named ports."""
        for _, container in self.serving():
            for _, port in mappings(container.get("ports")):
                yield str(port.get("name")), protocol(port)

    @property
    def replicas(self) -> int | None:
        """How many pods it makes; None where its manifest does not say that."""
        kind = self.manifest.reference.kind
        if kind in {"Pod", "DaemonSet", "Job", "CronJob"}:
            return 1 if kind == "Pod" else None
        count = self.manifest.get("spec", "replicas")
        if type(count) is int:
            return count
        return 1 if count is None and kind in TEMPLATES else None


def workloads_of(manifests: tuple[Manifest, ...]) -> Iterator[Workload]:
    """Give everything that makes pods, and the pods themselves."""
    for manifest in manifests:
        path = pod_template(manifest)
        if path is None:
            continue
        spec = manifest.get(*path, "spec")
        if isinstance(spec, dict):
            labels = manifest.get(*path, "metadata", "labels")
            yield Workload(manifest, path, labels if isinstance(labels, dict) else {}, spec)


def protocol(port: dict[str, Any]) -> str:
    """Give the protocol of a port, which is TCP where none is written."""
    return str(port.get("protocol") or "TCP")


def selects(selector: Any, labels: Mapping[str, str]) -> bool:  # noqa: ANN401
    """Apply a LabelSelector (matchLabels, matchExpressions); an empty one selects everything.

    What it says of labels that controllers add counts as true.
    """
    wanted = dig(selector, "matchLabels")
    if isinstance(wanted, dict) and any(
        labels.get(key) != wanted[key] for key in wanted if key not in LATE_LABELS
    ):
        return False
    return all(
        _expressed(expression, labels)
        for _, expression in mappings(dig(selector, "matchExpressions"))
    )


def _expressed(expression: dict[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression.get("key"), expression.get("values")
    if not isinstance(key, str) or key in LATE_LABELS:
        return True
    values = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True
