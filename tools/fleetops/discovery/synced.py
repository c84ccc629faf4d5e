"""The folders that objects of Flux and Argo CD in the repository name."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import InputError
from fleetops.manifests import dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from fleetops.files import Repository

_SIGNS: Final = ("kustomize.toolkit.fluxcd.io/", "argoproj.io/")
_VARIABLE: Final = re.compile(r"\{\{.*?\}\}")
_NAMED: Final = re.compile(r"\{\{\s*\.?([\w.-]+)\s*\}\}")
_ANY: Final = "*"
_MOST: Final = 10_000
"""Applications that a generator can be asked for."""


class _Made(Struct, frozen=True):
    """What a generator makes an Application of: values by their names, as templates say them."""

    values: dict[str, str] = {}
    without: tuple[str, ...] = ()
    """The folders that this generator leaves out."""


class Patterns:
    """Patterns of folders, as far as files were read."""

    def __init__(self) -> None:
        self._chosen: dict[frozenset[str], set[str]] = {}
        """What is chosen, by what is left out of that."""

    def read(self, repository: Repository, path: str) -> None:
        """Add what the objects in a file name; a file that cannot be read has none."""
        try:
            text = repository.read_text(path)
            if not any(sign in text for sign in _SIGNS):
                return
            documents = goyaml.read(text, path)
        except InputError:
            return
        for document in documents:
            self.add(document.value)

    def add(self, value: Any) -> None:  # noqa: ANN401
        """Add what an object names."""
        group = str(dig(value, "apiVersion")).rpartition("/")[0]
        match group, dig(value, "kind"):
            case "kustomize.toolkit.fluxcd.io", "Kustomization":
                self._choose([dig(value, "spec", "path") or "."])
            case "argoproj.io", "Application":
                self._choose(_sources(dig(value, "spec")))
            case "argoproj.io", "ApplicationSet":
                paths = list(_sources(dig(value, "spec", "template", "spec")))
                for made in islice(_made(dig(value, "spec", "generators")), _MOST):
                    self._choose((_filled(path, made.values) for path in paths), made.without)

    def matches(self, folder: str) -> bool:
        """Tell whether a folder is named."""
        return any(
            _matches(folder, chosen) and not _matches(folder, left)
            for left, chosen in self._chosen.items()
        )

    def _choose(self, paths: Iterable[str], without: Iterable[str] = ()) -> None:
        if chosen := set(_patterns(paths)):
            self._chosen.setdefault(frozenset(_patterns(without)), set()).update(chosen)


def synced_folders(patterns: Patterns, folders: Iterable[str]) -> set[str]:
    """Give those of the folders that a controller syncs."""
    return {folder for folder in folders if patterns.matches(folder)}


def _patterns(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        pattern = os.path.normpath(_VARIABLE.sub(_ANY, path).lstrip("/") or ".")
        # What is a variable as a whole is anything.
        if pattern != _ANY or path == _ANY:
            yield pattern


def _matches(folder: str, patterns: AbstractSet[str]) -> bool:
    """Tell whether a pattern is that of a folder; a star stands for one name of a path."""
    if folder in patterns:
        return True
    parts = folder.split("/")
    return any(
        len(steps := pattern.split("/")) == len(parts) and all(map(fnmatchcase, parts, steps))
        for pattern in patterns
        if _ANY in pattern
    )


def _sources(spec: Any) -> Iterator[str]:  # noqa: ANN401
    several = (one.get("path") for _, one in mappings(dig(spec, "sources")))
    return (path for path in (dig(spec, "source", "path"), *several) if isinstance(path, str))


def _made(generators: Any) -> Iterator[_Made]:  # noqa: ANN401
    """Give what generators make Applications of; one that is not understood makes any."""
    for _, generator in mappings(generators):
        parts = mappings(dig(generator, "matrix", "generators"))
        nested = [list(islice(_made([one]), _MOST)) for _, one in parts]
        folders = [one for _, one in mappings(dig(generator, "git", "directories"))]
        if nested:
            yield from (_both(ones) for ones in product(*nested))
        elif folders:
            without = tuple(_paths(folders, left_out=True))
            for path in _paths(folders, left_out=False):
                name = os.path.basename(path)  # noqa: PTH119 - it may be a pattern
                values = {"path": path, "path.path": path, "path.basename": name}
                yield _Made(values, without)
        elif isinstance(elements := dig(generator, "list", "elements"), list):
            for _, element in mappings(elements):
                yield _Made(dict(_flat(element)))
        elif isinstance(merged := dig(generator, "merge", "generators"), list):
            yield from _made(merged)
        else:
            yield _Made()


def _both(ones: Iterable[_Made]) -> _Made:
    """Give what several generators of a matrix make together."""
    values: dict[str, str] = {}
    without: tuple[str, ...] = ()
    for one in ones:
        values |= one.values
        without += one.without
    return _Made(values, without)


def _paths(folders: Iterable[dict[str, Any]], *, left_out: bool) -> Iterator[str]:
    for one in folders:
        path = one.get("path")
        if isinstance(path, str) and (one.get("exclude") is True) == left_out:
            yield path


def _flat(element: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in element.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        elif value is not None:
            yield f"{above}{key}", str(value)


def _filled(path: str, values: dict[str, str]) -> str:
    return _NAMED.sub(partial(_value, values), path)


def _value(values: dict[str, str], found: re.Match[str]) -> str:
    return values.get(found[1], found[0])
