"""Patches, and what they make of a field of a rendered object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetops import shapes
from fleetops.errors import Place
from fleetops.lists import identity, merge_keys
from fleetops.manifests import dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops import goyaml
    from fleetops.manifests import Manifest

_WORD = re.compile(r"[A-Za-z0-9.-]+")


class Patch(NamedTuple):
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
        """Give places with the number of steps of `path` that they hold, the strongest first."""
        value = self.document.value
        if not self._is_for(manifest):
            return
        if not isinstance(value, list):
            steps, found = follow(value, manifest.value, path, shapes.root(manifest))
            yield self._place(steps), len(steps), found
        for index, operation in reversed(tuple(mappings(value))):
            steps = _pointer(operation)
            inside, rest = path[: len(steps)], path[len(steps) :]
            if operation.get("op") not in {"add", "replace"} or not _leads(steps, inside):
                continue
            new, rendered = operation.get("value"), manifest.get(*inside)
            # `-` says no index, so it is the item that has to be the same.
            if steps[-1:] != ("-",) or new == rendered:
                shape = shapes.shape(manifest, inside)
                further, found = follow(new, rendered, rest, shape)
                place = self._place((index, "value", *further))
                yield place, len(steps) + len(further), found

    def namings(self, manifest: Manifest) -> Iterator[tuple[Place, str]]:
        """Give the operations that give an object its name, and what the target is called."""
        kind, name = (str(dig(self.target, key) or "") for key in ("kind", "name"))
        if kind != manifest.reference.kind or not _WORD.fullmatch(name):
            return
        for index, operation in mappings(self.document.value):
            new = operation.get("value")
            named = isinstance(new, str) and new != "" and new in manifest.reference.name
            if named and _pointer(operation) == ("metadata", "name"):
                yield self._place((index, "value")), name

    def removal(self, manifest: Manifest, path: goyaml.NodePath) -> Place | None:
        """Find where the patch takes away what an object has at a path, or what holds it."""
        value = self.document.value
        if not self._is_for(manifest):
            return None
        for depth in range(len(path) + 1):
            steps, found = follow(value, manifest.value, path[:depth], shapes.root(manifest))
            if len(steps) == depth and dig(found, "$patch") == "delete":
                return self._place((*steps, "$patch"))
            if len(steps) == len(path) > 0 and found is None:
                return self._place(steps)
        for index, operation in mappings(value):
            steps = _pointer(operation)
            if operation.get("op") == "remove" and _leads(steps, path[: len(steps)]):
                return self._place((index, "path"))
        return None

    def _is_for(self, manifest: Manifest) -> bool:
        if self.target:
            return _selects(self.target, manifest)
        return is_source_of(self.document.value, manifest)

    def _place(self, steps: goyaml.NodePath) -> Place:
        line = self.document.line_of(steps) if self.in_lines else 0
        return Place(self.file, self.before + line)


def _pointer(operation: dict[str, Any]) -> tuple[str, ...]:
    pointer = str(operation.get("path")).split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer)


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


def is_source_of(value: Any, manifest: Manifest) -> bool:  # noqa: ANN401
    """Tell whether a source is that of a rendered object, whose name may have got a prefix."""
    if dig(value, "kind") != manifest.reference.kind:
        return False
    name = dig(value, "metadata", "name")
    return isinstance(name, str) and name != "" and name in manifest.reference.name


def follow(
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
