"""The folders that objects of Flux and Argo CD in the repository name."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fleetops import goyaml
from fleetops.errors import InputError
from fleetops.manifests import dig, mappings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fleetops.files import Repository

_SIGNS: Final = ("kustomize.toolkit.fluxcd.io/", "argoproj.io/")
_VARIABLE: Final = re.compile(r"\{\{.*?\}\}")
_NAMED: Final = re.compile(r"\{\{\s*\.?([\w-]+)\s*\}\}")
_ANY: Final = "*"


class Patterns:
    """Patterns of folders, as far as files were read."""

    def __init__(self) -> None:
        self.chosen: set[str] = set()
        self.excluded: set[str] = set()

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
                generators = dig(value, "spec", "generators")
                paths = list(_sources(dig(value, "spec", "template", "spec")))
                for fill in _fills(generators):
                    self._choose(fill(path) for path in paths if isinstance(path, str))
                for one in _directories(generators):
                    self._choose([one.get("path")], excluded=one.get("exclude") is True)

    def _choose(self, paths: Iterable[Any], *, excluded: bool = False) -> None:
        for path in paths:
            if not isinstance(path, str):
                continue
            pattern = os.path.normpath(_VARIABLE.sub(_ANY, path).lstrip("/") or ".")
            # What is a variable as a whole comes from a generator's own paths.
            if pattern != _ANY or path == _ANY:
                (self.excluded if excluded else self.chosen).add(pattern)


def synced_folders(patterns: Patterns, folders: Iterable[str]) -> set[str]:
    """Give those of the folders that a controller syncs."""
    return {
        folder
        for folder in folders
        if _matches(folder, patterns.chosen) and not _matches(folder, patterns.excluded)
    }


def _matches(folder: str, patterns: set[str]) -> bool:
    """Tell whether a pattern is that of a folder; a star stands for one name of a path."""
    if folder in patterns:
        return True
    parts = folder.split("/")
    return any(
        len(steps := pattern.split("/")) == len(parts) and all(map(fnmatchcase, parts, steps))
        for pattern in patterns
        if _ANY in pattern
    )


def _sources(spec: Any) -> Iterator[Any]:  # noqa: ANN401
    yield dig(spec, "source", "path")
    for _, one in mappings(dig(spec, "sources")):
        yield one.get("path")


def _fills(generators: Any) -> Iterator[Callable[[str], str]]:  # noqa: ANN401
    """Give what fills in a template for each element of lists, and once for anything else."""
    for _, generator in mappings(generators):
        elements = dig(generator, "list", "elements")
        if not isinstance(elements, list):
            yield str
        for _, element in mappings(elements):
            yield partial(_NAMED.sub, partial(_value, element))


def _value(element: dict[str, Any], found: re.Match[str]) -> str:
    value = element.get(found[1])
    return found[0] if value is None else str(value)


def _directories(generators: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Give the folders of Git generators, also of those within others (matrix, merge)."""
    for _, generator in mappings(generators):
        for _, one in mappings(dig(generator, "git", "directories")):
            yield one
        for kind in ("matrix", "merge"):
            yield from _directories(dig(generator, kind, "generators"))
