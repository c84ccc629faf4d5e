"""What was said of an environment, for as long as nothing that it depends on has changed.

It depends on every byte of fleetops, its schemas, kustomize and kubeconform; on the catalogue, the
repository's own schemas and the environment's prerequisites; and on each file of the overlay: on
its content, on the links that lead to it, and on no other kustomization file being beside one. A
commit of another repository is what its name says, so it depends only on what is allowed of those.
"""

from __future__ import annotations

import hashlib
import os
import stat
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

import fleetops
from fleetops.api.customs import grounds, needed
from fleetops.api.results import Finding  # noqa: TC001 - the type of a field, which msgspec reads
from fleetops.errors import InputError
from fleetops.programs.places import cache_folder
from fleetops.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fleetops.api.fleet import Bench
    from fleetops.catalogue import Environment
    from fleetops.files import Repository
    from fleetops.kustomization import Closure


class Opinion(Struct, frozen=True):
    """What was said of an environment."""

    manifests: int
    findings: tuple[Finding, ...]
    """Also those that fleetops.yaml excuses."""


class _Entry(Struct, frozen=True):
    files: dict[str, str]
    """Path to SHA-256."""
    absent: tuple[str, ...]
    """Paths where nothing is."""
    links: tuple[tuple[str, str], ...]
    opinion: Opinion


class Recall:
    """The opinions of earlier runs, for a bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._store = Store(cache_folder(bench.guarded).parent / "validations")
        self._customs: dict[tuple[str, ...], list[str]] = {}
        self._before = _Digests(bench.fleet.repository)
        self._after = _Digests(bench.fleet.repository)

    def find(self, environment: Environment) -> Opinion | None:
        """Give what was said of an environment as it is; None where that is not known."""
        content = self._store.read(self._name(environment))
        if content is None:
            return None
        try:
            entry = msgspec.json.decode(content, type=_Entry)
        except msgspec.DecodeError:
            return None
        return entry.opinion if self._before.hold(entry) else None

    def note(self, closure: Closure) -> None:
        """Look at the files of an overlay that is to be rendered."""
        for path in closure.own_files:
            self._before.of(path)

    def keep(self, environment: Environment, closure: Closure, opinion: Opinion) -> None:
        """Keep what is said of an environment, unless a file has changed since it was noted."""
        files = {path: self._before.of(path) for path in closure.own_files}
        texts = {one.path: one.text for one in closure.kustomizations}
        read = {path: _digest(texts[path].encode()) for path in files if path in texts}
        if None not in files.values() and files == {**files, **read}:
            known = {path: digest for path, digest in files.items() if digest is not None}
            entry = _Entry(known, tuple(sorted(closure.absent)), closure.own_links, opinion)
            if self._after.hold(entry):
                self._store.write(self._name(environment), msgspec.json.encode(entry))

    def grounds(self, environment: Environment, closure: Closure) -> object:
        """Give what the repository's files say of an environment, as a value to be compared."""
        files = [(path, self._before.of(path)) for path in closure.own_files]
        return environment, self._schemas(environment), files, closure.own_links

    def trim(self) -> None:
        """Let the store forget, where it holds too much."""
        self._store.trim()

    def _name(self, environment: Environment) -> str:
        schemas = self._schemas(environment)
        own = (environment.name, environment.overlay, environment.flux, environment.kubernetes)
        return _digest(msgspec.json.encode((self._grounds, schemas, own)))

    def _schemas(self, environment: Environment) -> list[str]:
        """Digest what the schemas of an environment's custom resources are from."""
        source = self._bench.fleet.schema_source or self._bench.fleet
        entries = needed(source, environment)
        if entries not in self._customs:
            self._customs[entries] = [_digest(one) for one in grounds(source, entries)]
        # What a file is for depends on the entry that leads to it.
        return [*source.config.schemas, "", *environment.prerequisites, "", *self._customs[entries]]

    @cached_property
    def _grounds(self) -> list[str]:
        """Digests of all that is the same for every environment."""
        fleet = self._bench.fleet
        programs = (self._bench.kustomize.program, self._bench.kubeconform)
        own = Path(fleetops.__file__).parent
        return [
            *(_digest(path.read_bytes()) for path in programs),
            _digest_all(sorted(_files(own)), own),
            _digest(msgspec.json.encode((fleet.releases, fleet.config.remotes))),
        ]


class _Digests:
    """The files of a repository, each as it was when it was first asked for."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[str, str | None] = {}
        self._plain: dict[str, bool] = {}

    def hold(self, entry: _Entry) -> bool:
        """Tell whether all that an entry depends on is as it was."""
        return (
            all(self.of(path) == digest for path, digest in entry.files.items())
            and not any(os.path.lexists(self._repository.root / path) for path in entry.absent)
            and all(self._leads(*link) for link in entry.links)
        )

    def of(self, path: str) -> str | None:
        """Digest a file; None where there is none that can be reached without a link."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _leads(self, written: str, real: str) -> bool:
        try:
            return self._repository.resolve(written) == real
        except InputError:
            return False

    def _read(self, path: str) -> str | None:
        folder = os.path.dirname(path) or "."  # noqa: PTH120 - thousands of times
        if folder not in self._plain:
            self._plain[folder] = self._leads(folder, folder)
        if not self._plain[folder]:
            return None
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(f"{self._repository.root}/{path}", flags)
            with os.fdopen(descriptor, "rb") as file:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return _digest(file.read())
        except OSError:
            pass
        return None


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
            every.update(f"{len(name)} {name} {_digest(file.read())}".encode(errors="replace"))
    return every.hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
