"""What was said of an environment, for as long as nothing that it depends on has changed.

It depends on every byte of fleetops, its schemas, kustomize and kubeconform; on the repository's
own schemas and the environment's prerequisites; on what the overlay consists of, and what is
allowed of other repositories and of charts, then on Helm too; and on what the catalogue says of
what runs.
"""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

import fleetops
from fleetops.api.customs import grounds, needed
from fleetops.api.footprint import Footprint, Ground, digest_of  # noqa: TC001 - as below
from fleetops.api.results.findings import Finding  # noqa: TC001 - the type of a field, which msgspec reads
from fleetops.catalogue import Bearings
from fleetops.programs import HELM, present
from fleetops.programs.places import cache_folder
from fleetops.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fleetops.api.bench import Bench
    from fleetops.catalogue import Environment
    from fleetops.kustomization import Closure


class Opinion(Struct, frozen=True):
    """What was said of an environment."""

    manifests: int
    runs: tuple[tuple[str, str], ...]
    """Each image, as the catalogue names it, in each version, sorted."""
    findings: tuple[Finding, ...]
    """Also those that fleetops.yaml excuses."""


class _Entry(Struct, frozen=True):
    footprint: Footprint
    catalogue: str
    """Digest of what that said of what runs."""
    opinion: Opinion


class Recall:
    """The opinions of earlier runs, for a bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._store = Store(cache_folder(bench.guarded).parent / "validations")
        self._customs: dict[tuple[str, ...], list[str]] = {}
        self._bearings = Bearings(bench.fleet.releases)
        self._before = Ground(bench.fleet.repository)
        self._after = Ground(bench.fleet.repository)

    def find(self, environment: Environment) -> Opinion | None:
        """Give what was said of an environment as it is; None where that is not known."""
        # What an entry is called depends on programs that may not be there yet.
        content = None if self._store.is_empty else self._store.read(self._name(environment))
        if content is None:
            return None
        try:
            entry = msgspec.json.decode(content, type=_Entry)
        except msgspec.DecodeError:
            return None
        same = entry.catalogue == self._catalogue(entry.opinion)
        return entry.opinion if same and self._before.bears(entry.footprint) else None

    def note(self, closure: Closure) -> None:
        """Look at the files of an overlay that is to be rendered."""
        self._before.note(closure)

    def keep(self, environment: Environment, closure: Closure, opinion: Opinion) -> None:
        """Keep what is said of an environment, unless a file has changed since it was noted."""
        footprint = self._before.footprint(closure)
        if footprint is not None and self._after.bears(footprint):
            entry = _Entry(footprint, self._catalogue(opinion), opinion)
            self._store.write(self._name(environment), msgspec.json.encode(entry))

    def grounds(self, environment: Environment, closure: Closure) -> object:
        """Give what the repository's files say of an environment, as a value to be compared."""
        return environment, self._schemas(environment), self._before.footprint(closure)

    def trim(self) -> None:
        """Let the store forget, where it holds too much."""
        self._store.trim()

    def _catalogue(self, opinion: Opinion) -> str:
        return digest_of(msgspec.json.encode(self._bearings.of(opinion.runs)))

    def _name(self, environment: Environment) -> str:
        schemas = self._schemas(environment)
        own = (environment.name, environment.overlay, environment.flux, environment.kubernetes)
        return digest_of(msgspec.json.encode((self._grounds, schemas, own)))

    def _schemas(self, environment: Environment) -> list[str]:
        """Digest what the schemas of an environment's custom resources are from."""
        source = self._bench.fleet.schema_source or self._bench.fleet
        entries = needed(source, environment)
        if entries not in self._customs:
            self._customs[entries] = [digest_of(one) for one in grounds(source, entries)]
        # What a file is for depends on the entry that leads to it.
        return [*source.config.schemas, "", *environment.prerequisites, "", *self._customs[entries]]

    @cached_property
    def _grounds(self) -> list[str]:
        """Digests of all that is the same for every environment."""
        fleet = self._bench.fleet
        programs = [self._bench.kustomize.program, self._bench.kubeconform]
        # What was said of a chart is of a Helm that was there then.
        if fleet.config.helm and (helm := present(HELM, self._bench.guarded)):
            programs.append(helm)
        own = Path(fleetops.__file__).parent
        return [
            *(digest_of(path.read_bytes()) for path in programs),
            _digest_all(sorted(_files(own)), own),
            digest_of(msgspec.json.encode((fleet.config.remotes, fleet.config.helm))),
        ]


def _files(folder: Path) -> Iterator[str]:
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (f"{directory}/{name}" for name in names)


def _digest_all(paths: Iterable[str], folder: Path) -> str:
    """Digest the names and contents of files."""
    every = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:  # noqa: PTH123 - hundreds of them
            name = os.path.relpath(path, folder)
            every.update(f"{len(name)} {name} {digest_of(file.read())}".encode(errors="replace"))
    return every.hexdigest()
