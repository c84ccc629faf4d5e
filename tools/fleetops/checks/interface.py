"""What a check is, and what it looks at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.kustomization import image_entries
from fleetops.manifests import Reference, dig, images, mappings, split_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.catalogue import Release
    from fleetops.goyaml import NodePath
    from fleetops.kustomization import Closure
    from fleetops.manifests import Manifest, Severity

Probe = Callable[[str, dict[str, Any]], "tuple[Manifest, ...] | None"]
"""Renders with other content in the kustomization file at a path; None where that fails."""


class Problem(Struct, frozen=True):
    """Something that a check says of one object."""

    message: str
    resource: Reference | None = None
    path: NodePath = ()
    """Where in the rendered object."""
    source: tuple[str, int] | None = None
    """File and line, where the check knows them itself."""


class Scene(Struct, frozen=True, dict=True):
    """The render of one environment, as the checks see it."""

    environment: str
    manifests: tuple[Manifest, ...]
    releases: Mapping[str, Release]
    """By name; empty where there is no catalogue."""
    closure: Closure | None = None
    """The files that it was rendered from; None for manifests that come from elsewhere."""
    probe: Probe = lambda _path, _value: None
    read: Callable[[str], str] = lambda _path: ""
    """Gives the text of a file of the repository."""

    @cached_property
    def by_kind(self) -> Mapping[str, list[Manifest]]:
        """The manifests of each kind."""
        found: dict[str, list[Manifest]] = defaultdict(list)
        for manifest in self.manifests:
            found[manifest.reference.kind].append(manifest)
        return found

    @cached_property
    def images(self) -> tuple[RunImage, ...]:
        """Every image that is run, named as the catalogue names it."""
        origins: dict[str, str] = {}
        for kustomization in self.closure.kustomizations if self.closure else ():
            for entry in image_entries(kustomization.document):
                if entry.new_name:
                    origins[entry.new_name] = origins.get(entry.name, entry.name)
        return tuple(
            RunImage(origins.get(name, name), version, reference, manifest, path)
            for manifest in self.manifests
            for path, reference in images(manifest.value)
            for name, version in (split_image(reference),)
        )

    @cached_property
    def versions(self) -> Mapping[str, set[str]]:
        """The versions in which each image is run, as in `:release2`."""
        found: dict[str, set[str]] = defaultdict(set)
        for image in self.images:
            found[image.name].add(image.version)
        return found

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that makes pods, and the pods themselves."""
        return tuple(_workloads(self.manifests))

    def of(self, group: str, kind: str) -> Iterator[Manifest]:
        """Give the manifests of a kind in its group, whatever their version."""
        return (one for one in self.by_kind.get(kind, ()) if one.reference.group == group)

    @cached_property
    def _identities(self) -> Mapping[Reference, Manifest]:
        return {
            manifest.reference._replace(namespace=home(manifest.reference.namespace)): manifest
            for manifest in self.manifests
        }

    def find(self, group: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """Find an object of the render; an object of the whole cluster has the namespace ''."""
        return self._identities.get(Reference(group, kind, home(namespace), name))

    @cached_property
    def _pods(self) -> Mapping[tuple[str, ...], list[Workload]]:
        """The workloads of a namespace, and those with a label: (namespace, key, value)."""
        found: dict[tuple[str, ...], list[Workload]] = defaultdict(list)
        for workload in self.workloads:
            namespace = home(workload.namespace)
            found[namespace,].append(workload)
            for key, value in workload.labels.items():
                if isinstance(value, str):
                    found[namespace, key, value].append(workload)
        return found

    def selected(self, namespace: str, selector: Any) -> Iterator[Workload]:  # noqa: ANN401
        """Give the workloads of a namespace whose pods a LabelSelector selects.

        Only those with the rarest of the wanted labels are looked at, so that thousands of
        selectors over thousands of workloads stay cheap.
        """
        namespace, wanted = home(namespace), dig(selector, "matchLabels")
        labelled = (
            self._pods.get((namespace, key, value), ())
            for key, value in (wanted.items() if isinstance(wanted, dict) else ())
            if isinstance(value, str) and key not in _LATE_LABELS
        )
        candidates = min(labelled, key=len, default=self._pods.get((namespace,), ()))
        return (workload for workload in candidates if selects(selector, workload.labels))


class RunImage(Struct, frozen=True):
    """An image that a manifest runs."""

    name: str
    """As the base writes it, before any `newName`."""
    version: str
    reference: str
    """As it is rendered."""
    manifest: Manifest
    path: NodePath


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
        return 1 if count is None and kind in _TEMPLATES else None


class Check(Struct, frozen=True):
    """A check; its function's name is its ID and its function's docstring is its page."""

    run: Callable[[Scene], Iterator[Problem]]
    severity: Severity

    @property
    def id(self) -> str:
        """The ID, as in `service-selects-nothing`."""
        return self.run.__name__.replace("_", "-")

    @property
    def page(self) -> str:
        """The page that `fleetops explain` prints: a title, and a paragraph."""
        import inspect

        return inspect.cleandoc(self.run.__doc__ or "")

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.page.partition("\n")[0]


_TEMPLATES: Mapping[str, NodePath] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_GROUPS = {"", "apps", "batch"}
_LATE_LABELS = {
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


def protocol(port: dict[str, Any]) -> str:
    """Give the protocol of a port, which is TCP where none is written."""
    return str(port.get("protocol") or "TCP")


def home(namespace: str) -> str:
    """Give the namespace that an object is in, where an empty one stands for the default."""
    return namespace or "default"


def _workloads(manifests: tuple[Manifest, ...]) -> Iterator[Workload]:
    for manifest in manifests:
        path = _template(manifest)
        if path is None:
            continue
        spec = manifest.get(*path, "spec")
        if isinstance(spec, dict):
            labels = manifest.get(*path, "metadata", "labels")
            yield Workload(manifest, path, labels if isinstance(labels, dict) else {}, spec)


def _template(manifest: Manifest) -> NodePath | None:
    if manifest.reference.group in _GROUPS:
        return _TEMPLATES.get(manifest.reference.kind)
    # Argo's Rollout, OpenKruise's sets, Knative's Service: they all carry a pod template there.
    path = ("spec", "template")
    return path if isinstance(manifest.get(*path, "spec", "containers"), list) else None


def selects(selector: Any, labels: Mapping[str, str]) -> bool:  # noqa: ANN401
    """Apply a LabelSelector (matchLabels, matchExpressions); an empty one selects everything.

    What it says of labels that controllers add counts as true.
    """
    wanted = dig(selector, "matchLabels")
    if isinstance(wanted, dict) and any(
        labels.get(key) != wanted[key] for key in wanted if key not in _LATE_LABELS
    ):
        return False
    return all(
        _expressed(expression, labels)
        for _, expression in mappings(dig(selector, "matchExpressions"))
    )


def written(manifest: Manifest, *path: str | int) -> NodePath:
    """Cut a path to the part of it that stands in the manifest."""
    while path and manifest.get(*path) is None:
        path = path[:-1]
    return path


def _expressed(expression: dict[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression.get("key"), expression.get("values")
    if not isinstance(key, str) or key in _LATE_LABELS:
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
