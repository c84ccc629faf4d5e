"""A repository that fleetops works on."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fleetops.catalogue import CONFIG, described_folder, read_config, read_releases
from fleetops.errors import Place, UsageError
from fleetops.files import Repository
from fleetops.kustomization import Allowed, links_on, read_closure, read_variables
from fleetops.schema import available_minors
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from fleetops.catalogue import Config, Environment, Release
    from fleetops.kustomization import Closure
    from fleetops.remotes.address import Address
    from fleetops.remotes.snapshot import Snapshot


class Means(Struct, frozen=True):
    """What an overlay may need beside the repository's files."""

    fetch: Callable[[Address, Place], Snapshot]
    """Gives a commit of another repository."""
    helm: Callable[[], Path]
    """Gives the Helm for charts; built if there is none."""


class Fleet(Struct, frozen=True, dict=True):
    """A repository with its fleetops.yaml."""

    repository: Repository
    config: Config
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Tells the time that gates are judged by."""
    schema_source: Fleet | None = None
    """Whose schemas are taken, None for its own."""

    described: bool = True
    """False where there is no fleetops.yaml, and so no catalogue."""
    means: Means | None = None
    """None where no overlay is read."""
    closures: Mapping[str, Closure] = {}
    """What overlays consist of, by environment, as far as it was read before."""

    @cached_property
    def releases(self) -> Mapping[str, Release]:
        """The catalogue, by name."""
        if not self.described:
            return {}
        return read_releases(self.repository, self.config.catalogue)

    def release(self, name: str) -> Release:
        """Find a release; UsageError with the nearest name if there is none."""
        if name not in self.releases:
            catalogue = self.config.catalogue
            there = os.path.lexists(self.repository.root / catalogue)
            hint = None if there else f"there is no folder {catalogue}, where they would be"
            raise UsageError(unknown("release", name, self.releases), hint=hint)
        return self.releases[name]

    def closure(self, environment: Environment) -> Closure:
        """Find what the overlay of an environment consists of."""
        known = self.closures.get(environment.name)
        return known or self.closure_in(self.repository, environment, self._bases)

    def closure_in(
        self,
        repository: Repository,
        environment: Environment,
        known: dict[str, Closure] | None = None,
    ) -> Closure:
        """Find what the overlay of an environment consists of in a copy of the repository.

        `known` and what is raised are those of `read_closure`.
        """
        place = Place(CONFIG)
        closure = self.read(repository, environment.overlay, place, known)
        if environment.flux is None:
            return closure
        variables = read_variables(repository, environment.flux, closure.overlay, place)
        files = tuple(sorted({*closure.files, variables.place.path}))
        links = {*closure.links, *links_on(repository, os.path.normpath(environment.flux), place)}
        return msgspec.structs.replace(
            closure, files=files, links=tuple(sorted(links)), variables=variables
        )

    def read(
        self,
        repository: Repository,
        overlay: str,
        place: Place | None = None,
        known: dict[str, Closure] | None = None,
    ) -> Closure:
        """Find what any overlay consists of, as far as that is allowed here."""
        fetch = self.means.fetch if self.means else None
        allowed = Allowed(self.config.remotes, fetch, self.config.helm)
        closure = read_closure(repository, overlay, place=place, known=known, allowed=allowed)
        if closure.charts and self.means:
            # Whoever renders has no time to wait for it.
            self.means.helm()
        return closure

    @cached_property
    def _bases(self) -> dict[str, Closure]:
        return {}


def open_fleet(directory: Path) -> Fleet:
    """Open the repository that `directory` lies in, no further up than its Git repository.

    Raises UsageError where it is no folder or no folder above has a fleetops.yaml, InputError where
    that is wrong.
    """
    if folder := described_folder(directory):
        return fleet_in(folder)
    raise UsageError(
        f"neither {directory.absolute()} nor a folder above it has a {CONFIG}",
        hint="fleetops init writes one; or name your repository with --directory",
    )


def any_fleet(directory: Path) -> Fleet:
    """Open the repository that `directory` lies in, also where nobody has described it."""
    folder = described_folder(directory)
    return fleet_in(folder) if folder else undescribed_fleet(directory)


def fleet_in(folder: Path) -> Fleet:
    """Open the repository in a folder; InputError where its fleetops.yaml is wrong or missing."""
    repository = Repository.at(folder)
    return Fleet(repository, read_config(repository, available_minors(), _checks))


def undescribed_fleet(directory: Path) -> Fleet:
    """Find the environments of the Git repository that `directory` lies in, or of that folder.

    There is no catalogue. Raises UsageError where there is no overlay.
    """
    from fleetops.catalogue import Config, Environment
    from fleetops.discovery import named, overlays, substitutes

    start = directory.absolute()
    tops = (one for one in (start, *start.parents) if os.path.lexists(one / ".git"))
    repository = Repository.at(next(tops, start))
    folders = overlays(repository)
    if not folders:
        raise UsageError(
            f"there is no kustomization in {repository.root}",
            hint="fleetops works on Kustomize overlays: folders with a kustomization.yaml",
        )
    minors = (available_minors()[-1],)
    given = substitutes(repository, folders)
    environments = tuple(
        Environment(name=name, overlay=folder, kubernetes=minors, flux=given.get(folder))
        for name, folder in named(folders).items()
    )
    config = Config(version=1, environments=environments)
    return Fleet(repository, config, described=False)


def _checks() -> Iterable[str]:
    from fleetops.checks import IDS

    return IDS
