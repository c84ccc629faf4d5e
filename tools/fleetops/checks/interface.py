"""What a check is, and what it looks at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.checks.pods import LATE_LABELS, selects, workloads_of
from fleetops.kustomization import image_entries
from fleetops.manifests import Reference, dig, home, images, split_image
from fleetops.pages import Paged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.catalogue import Release
    from fleetops.checks.pods import Workload
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

    @property
    def runs(self) -> tuple[tuple[str, str], ...]:
        """Each image in each of its versions, sorted."""
        return tuple(sorted((name, one) for name, ones in self.versions.items() for one in ones))

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that makes pods, and the pods themselves."""
        return tuple(workloads_of(self.manifests))

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
            if isinstance(value, str) and key not in LATE_LABELS
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


class Check(Paged, frozen=True):
    """A check; it is run on a scene, and gives problems."""

    severity: Severity
