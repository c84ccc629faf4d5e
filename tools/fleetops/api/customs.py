"""The schemas of custom resources that a repository brings, and those that a render does."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fleetops.api.manifest_files import manifest_files
from fleetops.catalogue import CONFIG, schema_files
from fleetops.definitions import definitions, is_definition, read_kinds
from fleetops.errors import InputError, Place
from fleetops.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.catalogue import Environment
    from fleetops.files import Repository
    from fleetops.manifests import Manifest


class CustomSchema(Struct, frozen=True):
    """A schema, and what it is from."""

    place: Place
    """Where it is, or is defined."""
    content: bytes
    """JSON."""


CustomSchemas = dict[str, CustomSchema]
"""By the path at which kubeconform looks for it."""


def named(fleet: Fleet) -> CustomSchemas:
    """Give the schemas that fleetops.yaml names; of two for one kind, the one that comes first.

    Raises InputError for what cannot be read.
    """
    found: CustomSchemas = {}
    for entry, files in _named_files(fleet):
        folder = os.path.normpath(fleet.repository.resolve(entry))
        for path in files:
            name = os.path.relpath(path, folder)
            if name.count("/") == 1 and name.endswith(".json"):
                content = fleet.repository.read_bytes(path)
                found.setdefault(name, CustomSchema(Place(path), content))
        for name, schema in _defined(fleet.repository, files):
            found.setdefault(name, schema)
    return found


def required(fleet: Fleet, entries: Sequence[str]) -> CustomSchemas:
    """Give the schemas of what prerequisites define; raises InputError as `named` does."""
    return dict(_defined(fleet.repository, _required_files(fleet, entries)))


def grounds(fleet: Fleet, entries: Sequence[str]) -> Iterator[bytes]:
    """Give what the schemas of `named` and `required` are from; raises as they do."""
    named_files = (path for _, files in _named_files(fleet) for path in files)
    for path in (*named_files, *_required_files(fleet, entries)):
        yield path.encode(errors="surrogateescape")
        yield fleet.repository.read_bytes(path)


def needed(fleet: Fleet, environment: Environment) -> tuple[str, ...]:
    """Give the prerequisites that a fleet's own fleetops.yaml names for an environment."""
    there = (one for one in fleet.config.environments if one.name == environment.name)
    return next((one.prerequisites for one in there), ())


def _named_files(fleet: Fleet) -> Iterator[tuple[str, list[str]]]:
    for entry in fleet.config.schemas:
        yield entry, list(schema_files(fleet.repository, entry, Place(CONFIG)))


def _required_files(fleet: Fleet, entries: Sequence[str]) -> Iterator[str]:
    for entry in entries:
        yield from manifest_files(fleet.repository, entry, Place(CONFIG))


def _defined(repository: Repository, files: Iterable[str]) -> Iterator[tuple[str, CustomSchema]]:
    for path in files:
        for value, place in definitions(repository.read_text(path), path):
            for kind in read_kinds(value, metadata(), place):
                yield kind.path, CustomSchema(place, msgspec.json.encode(kind.schema))


def _rendered(render: Sequence[Manifest]) -> CustomSchemas:
    """Give the schemas of what a render defines itself, but for what defines nothing."""
    found: CustomSchemas = {}
    for manifest in render:
        if is_definition(manifest.value):
            with suppress(InputError):
                for kind in read_kinds(manifest.value, metadata(), Place("")):
                    found[kind.path] = CustomSchema(Place(""), msgspec.json.encode(kind.schema))
    return found


class Customs:
    """Lays the schemas of custom resources ready for a bench, each set of them once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._fleet = bench.fleet.schema_source or bench.fleet
        self._required: dict[tuple[str, ...], CustomSchemas] = {}
        self._folders: dict[str, Path] = {}

    def folders(self, environment: Environment, render: Sequence[Manifest]) -> tuple[Path, ...]:
        """Give the folders with the schemas that count for an environment, the nearest first.

        Those are what the render defines itself, what its prerequisites do, and what fleetops.yaml
        names. Raises InputError for what cannot be read.
        """
        entries = needed(self._fleet, environment)
        if entries not in self._required:
            self._required[entries] = required(self._fleet, entries)
        sets = (_rendered(render), self._required[entries], self._named)
        return tuple(self._folder(schemas) for schemas in sets if schemas)

    @cached_property
    def _named(self) -> CustomSchemas:
        return named(self._fleet)

    def _folder(self, schemas: CustomSchemas) -> Path:
        pairs = sorted((path, one.content) for path, one in schemas.items())
        digest = hashlib.sha256(msgspec.json.encode(pairs)).hexdigest()
        if digest not in self._folders:
            folder = self._bench.folder("definitions")
            for path, content in pairs:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            self._folders[digest] = folder
        return self._folders[digest]
