"""From a field of a rendered object back to the line of the repository that decided it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fleetops import goyaml, shapes
from fleetops.errors import InputError, Place
from fleetops.kustomization.entries import image_entries
from fleetops.kustomization.patches import Patch, follow, is_source_of
from fleetops.kustomization.transformers import transformed
from fleetops.manifests import dig, mappings, split_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository
    from fleetops.kustomization.charts import Chart
    from fleetops.kustomization.closure import Closure, Kustomization
    from fleetops.manifests import Manifest


class Tracer:
    """Finds places for one overlay; it reads the sources when it is first asked."""

    def __init__(self, repository: Repository, closure: Closure) -> None:
        self._closure = closure
        self._documents = lru_cache(maxsize=None)(lambda path: _documents(repository, path))

    def trace(self, manifest: Manifest, path: goyaml.NodePath) -> Place | None:
        """Find where the field at `path` is written: in an overlay before its base.

        Where the field itself is written nowhere (a default, a generated one), the place of what
        holds it is given; None for an object that no file of the overlay holds.
        """
        if found := self._written(manifest, path):
            return found
        for place, name in self._namings(manifest):
            former = replace(manifest, reference=manifest.reference._replace(name=name))
            return self._written(former, path) or place
        return None

    def _written(self, manifest: Manifest, path: goyaml.NodePath) -> Place | None:
        value = manifest.get(*path)
        best: tuple[int, Place] | None = None
        for place, depth, found in self._candidates(manifest, path):
            if depth == len(path) and (found == value or isinstance(value, dict | list)):
                return place
            if best is None or depth > best[0]:
                best = (depth, place)
        chart = self._chart(manifest)
        if chart is not None and (best is None or not self._is_held(manifest)):
            return chart
        return best[1] if best else None

    def _namings(self, manifest: Manifest) -> Iterator[tuple[Place, str]]:
        """Give the patches that name an object, and what it was called before."""
        for kustomization in reversed(self._closure.kustomizations):
            for patch in self._patches(kustomization):
                yield from patch.namings(manifest)

    def removal(self, manifest: Manifest, path: goyaml.NodePath) -> Place | None:
        """Find the patch that takes away what an object has at a path; None where none does."""
        for kustomization in reversed(self._closure.kustomizations):
            for patch in self._patches(kustomization):
                place = patch.removal(manifest, path)
                if place is not None:
                    return place
        return None

    def _candidates(
        self, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        """Give places with the number of steps of `path` that they hold, the strongest first."""
        for kustomization in reversed(self._closure.kustomizations):
            if path[-1:] == ("image",):
                yield from _image(kustomization, manifest.get(*path), len(path))
            for place in transformed(kustomization, manifest, path):
                yield place, len(path), manifest.get(*path)
            for patch in reversed(tuple(self._patches(kustomization))):
                yield from patch.candidates(manifest, path)
            yield from _generated(kustomization, manifest)
            for resource in reversed(kustomization.resources):
                yield from self._matching(resource, manifest, path)

    def _chart(self, manifest: Manifest) -> Place | None:
        """Give where the Helm chart is named that an object may be of."""
        words = {*manifest.reference.name.split("-"), manifest.reference.name}
        words |= {str(one) for one in (manifest.get("metadata", "labels") or {}).values()}

        def likeness(chart: Chart) -> int:
            return (chart.release in words) + any(one.startswith(chart.name) for one in words)

        found = max(self._closure.charts, key=likeness, default=None)
        return found.place if found else None

    def _is_held(self, manifest: Manifest) -> bool:
        """Tell whether an object is of a manifest file or a generator."""
        return any(
            next(_generated(one, manifest), None) is not None
            or any(
                is_source_of(value, manifest)
                for file in one.resources
                for document in self._documents(file)
                for _, value in _objects(document.value, ())
            )
            for one in self._closure.kustomizations
        )

    def _matching(
        self, file: str, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        for document in self._documents(file):
            for at, value in _objects(document.value, ()):
                if is_source_of(value, manifest):
                    steps, found = follow(value, manifest.value, path, shapes.root(manifest))
                    yield Place(file, document.line_of((*at, *steps))), len(steps), found

    def _patches(self, kustomization: Kustomization) -> Iterator[Patch]:
        """Give what patches a kustomization, in the order of application."""
        files = iter(kustomization.patches)
        for key in ("patches", "patchesJson6902"):
            for index, item in mappings(kustomization.document.value.get(key)):
                target = item.get("target")
                if isinstance(item.get("path"), str):
                    yield from self._patch_file(next(files), target)
                elif isinstance(text := item.get("patch"), str):
                    mark = kustomization.document.marks.get((key, index, "patch"))
                    if mark is not None:
                        block = mark.style in "|>"
                        for document in _parsed(text, kustomization.path):
                            yield Patch(document, target, kustomization.path, mark.line, block)
        for file in files:
            yield from self._patch_file(file, None)

    def _patch_file(self, file: str, target: Any) -> Iterator[Patch]:  # noqa: ANN401
        for document in self._documents(file):
            yield Patch(document, target, file)


def _documents(repository: Repository, path: str) -> tuple[goyaml.Document, ...]:
    try:
        return _parsed(repository.read_text(path), path)
    except InputError:
        return ()


def _parsed(text: str, path: str) -> tuple[goyaml.Document, ...]:
    try:
        return goyaml.read(text, path, marks=True)
    except InputError:
        return ()


def _objects(value: Any, at: goyaml.NodePath) -> Iterator[tuple[goyaml.NodePath, Any]]:  # noqa: ANN401
    """Give the object that a document is, or those of a List, with the paths to them."""
    if str(dig(value, "kind")).endswith("List"):
        for index, item in mappings(dig(value, "items")):
            yield from _objects(item, (*at, "items", index))
    else:
        yield at, value


def _image(
    kustomization: Kustomization,
    reference: Any,  # noqa: ANN401
    depth: int,
) -> Iterator[tuple[Place, int, Any]]:
    if not isinstance(reference, str):
        return
    image = split_image(reference)
    for entry in image_entries(kustomization.document):
        if entry.rename(entry.name) == image.name and (entry.tag or entry.digest):
            key = "newTag" if entry.tag else "digest"
            yield kustomization.place("images", entry.index, key), depth, reference


def _generated(
    kustomization: Kustomization, manifest: Manifest
) -> Iterator[tuple[Place, int, Any]]:
    kind = manifest.reference.kind
    key = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}.get(kind, "")
    for index, item in mappings(kustomization.document.value.get(key)):
        name = re.escape(str(item.get("name", "")))
        if re.search(rf"{name}(-[a-z0-9]{{10}})?$", manifest.reference.name):
            yield kustomization.place(key, index), 0, None
