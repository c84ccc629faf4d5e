"""From a field of a rendered object back to the line of the repository that decided it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.kustomization.entries import image_entries
from fleetops.manifests import dig, mappings, split_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository
    from fleetops.kustomization.closure import Closure, Kustomization
    from fleetops.manifests import Manifest

_MERGE_KEYS = ("name", "mountPath", "containerPort", "port", "topologyKey", "key", "ip", "path")
"""What tells the items of a list apart, in the API's patchMergeKey annotations."""


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
        value = manifest.get(*path)
        best: tuple[int, Place] | None = None
        for place, depth, found in self._candidates(manifest, path):
            if depth == len(path) and (found == value or isinstance(value, dict | list)):
                return place
            if best is None or depth > best[0]:
                best = (depth, place)
        return best[1] if best else None

    def _candidates(
        self, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        """Give places with the number of steps of `path` that they hold, the strongest first."""
        for kustomization in reversed(self._closure.kustomizations):
            if path[-1:] == ("image",):
                yield from _image(kustomization, manifest.get(*path), len(path))
            for patch in reversed(kustomization.patches):
                yield from self._matching(patch, manifest, path)
            yield from self._inline(kustomization, manifest, path)
            yield from _generated(kustomization, manifest)
            for resource in reversed(kustomization.resources):
                yield from self._matching(resource, manifest, path)

    def _matching(
        self, file: str, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        for document in self._documents(file):
            if _same(document.value, manifest):
                steps, found = _follow(document.value, manifest.value, path)
                yield Place(file, document.line_of(steps)), len(steps), found

    def _inline(
        self, kustomization: Kustomization, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        for index, item in mappings(kustomization.document.value.get("patches")):
            try:
                documents = goyaml.read(str(item.get("patch", "")), "", marks=True)
            except InputError:
                continue
            at = ("patches", index, "patch")
            mark = kustomization.document.marks.get(at)
            for document in documents:
                if mark is not None and _same(document.value, manifest):
                    steps, found = _follow(document.value, manifest.value, path)
                    line = mark.line + (document.line_of(steps) if mark.style in "|>" else 0)
                    yield Place(kustomization.path, line), len(steps), found


def _documents(repository: Repository, path: str) -> tuple[goyaml.Document, ...]:
    try:
        return goyaml.read(repository.read_text(path), path, marks=True)
    except InputError:
        return ()


def _same(value: Any, manifest: Manifest) -> bool:  # noqa: ANN401
    """Tell whether a source is that of a rendered object, whose name may have got a prefix."""
    if dig(value, "kind") != manifest.reference.kind:
        return False
    name = dig(value, "metadata", "name")
    return isinstance(name, str) and name != "" and name in manifest.reference.name


def _follow(
    source: Any,  # noqa: ANN401
    rendered: Any,  # noqa: ANN401
    path: goyaml.NodePath,
) -> tuple[goyaml.NodePath, Any]:
    """Follow a rendered path in a source, whose lists may be shorter or in another order."""
    steps: list[str | int] = []
    for step in path:
        rendered = dig(rendered, step)
        if isinstance(step, int) and isinstance(source, list):
            at = _index(source, rendered, step)
            if at is None:
                break
            steps.append(at)
            source = source[at]
        elif isinstance(step, str) and isinstance(source, dict) and step in source:
            steps.append(step)
            source = source[step]
        else:
            break
    return tuple(steps), source


def _index(source: list[Any], item: Any, index: int) -> int | None:  # noqa: ANN401
    for key in _MERGE_KEYS:
        if isinstance(item, dict) and key in item:
            for at, candidate in mappings(source):
                if candidate.get(key) == item[key]:
                    return at
            return None
    return index if index < len(source) else None


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
