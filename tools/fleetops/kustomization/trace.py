"""From a field of a rendered object back to the line of the repository that decided it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetops import goyaml, shapes
from fleetops.errors import InputError, Place
from fleetops.kustomization.entries import image_entries
from fleetops.lists import identity, merge_keys
from fleetops.manifests import dig, mappings, split_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository
    from fleetops.kustomization.closure import Closure, Kustomization
    from fleetops.manifests import Manifest

_WORD = re.compile(r"[A-Za-z0-9.-]+")


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
            for patch in reversed(tuple(self._patches(kustomization))):
                yield from patch.candidates(manifest, path)
            yield from _generated(kustomization, manifest)
            for resource in reversed(kustomization.resources):
                yield from self._matching(resource, manifest, path)

    def _matching(
        self, file: str, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        for document in self._documents(file):
            for at, value in _objects(document.value, ()):
                if _same(value, manifest):
                    steps, found = _follow(value, manifest.value, path, shapes.root(manifest))
                    yield Place(file, document.line_of((*at, *steps))), len(steps), found

    def _patches(self, kustomization: Kustomization) -> Iterator[_Patch]:
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
                            yield _Patch(document, target, kustomization.path, mark.line, block)
        for file in files:
            yield from self._patch_file(file, None)

    def _patch_file(self, file: str, target: Any) -> Iterator[_Patch]:  # noqa: ANN401
        for document in self._documents(file):
            yield _Patch(document, target, file)


class _Patch(NamedTuple):
    """A document that patches: a part of an object, or a list of JSON patch's operations."""

    document: goyaml.Document
    target: Any
    """What it is for, if that is said beside it."""
    file: str
    before: int = 0
    """The lines of the file that are before it."""
    in_lines: bool = True
    """False for an inline patch that is written in quotes."""

    def candidates(
        self, manifest: Manifest, path: goyaml.NodePath
    ) -> Iterator[tuple[Place, int, Any]]:
        value = self.document.value
        if not (_selects(self.target, manifest) if self.target else _same(value, manifest)):
            return
        if not isinstance(value, list):
            steps, found = _follow(value, manifest.value, path, shapes.root(manifest))
            yield self._place(steps), len(steps), found
        for index, operation in reversed(tuple(mappings(value))):
            pointer = str(operation.get("path")).split("/")[1:]
            steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer)
            inside, rest = path[: len(steps)], path[len(steps) :]
            if operation.get("op") not in {"add", "replace"} or not _leads(steps, inside):
                continue
            new, rendered = operation.get("value"), manifest.get(*inside)
            # `-` says no index, so it is the item that has to be the same.
            if steps[-1:] != ("-",) or new == rendered:
                shape = shapes.shape(manifest, inside)
                further, found = _follow(new, rendered, rest, shape)
                place = self._place((index, "value", *further))
                yield place, len(steps) + len(further), found

    def _place(self, steps: goyaml.NodePath) -> Place:
        line = self.document.line_of(steps) if self.in_lines else 0
        return Place(self.file, self.before + line)


def _selects(target: Any, manifest: Manifest) -> bool:  # noqa: ANN401
    """Tell whether a patch's target may select an object, whose name may have got a prefix.

    To kustomize kind and name are regular expressions. One that is more than a word counts as
    selecting: a stranger's expression could take for ever here.
    """
    kind, name = (str(dig(target, key) or "") for key in ("kind", "name"))
    return (kind == manifest.reference.kind or not _WORD.fullmatch(kind)) and (
        name in manifest.reference.name or not _WORD.fullmatch(name)
    )


def _leads(steps: goyaml.NodePath, path: goyaml.NodePath) -> bool:
    """Tell whether a JSON pointer leads to `path`, where `-` is any index."""
    return len(steps) == len(path) and all(
        step == str(at) or (step == "-" and isinstance(at, int))
        for step, at in zip(steps, path, strict=True)
    )


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
    shape: str,
) -> tuple[goyaml.NodePath, Any]:
    """Follow a rendered path in a source, whose lists may be shorter or in another order."""
    steps: list[str | int] = []
    for step in path:
        rendered = dig(rendered, step)
        if isinstance(step, int) and isinstance(source, list):
            at = _index(source, rendered, step, shape)
            if at is None:
                break
            steps.append(at)
            source = source[at]
        elif isinstance(step, str) and isinstance(source, dict) and step in source:
            steps.append(step)
            source = source[step]
        else:
            break
        shape = shapes.below(shape, step)
    return tuple(steps), source


def _index(source: list[Any], item: Any, index: int, shape: str) -> int | None:  # noqa: ANN401
    keys = merge_keys(shape)
    if keys:
        wanted = identity(item, keys)
        found = (at for at, one in enumerate(source) if identity(one, keys) == wanted)
        return next(found, None)
    if item in source:
        return source.index(item)
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
