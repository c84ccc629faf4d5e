"""How far an environment is behind the one before it, and since when."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fleetops.api.past import stays
from fleetops.api.results.status import Lag
from fleetops.errors import FleetopsError
from fleetops.git import open_git
from fleetops.git.log import signatures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.results.status import EnvironmentStatus
    from fleetops.catalogue import Environment, Release

_LOOKED_AT = 20
"""Changes of what ran that are gone back over."""


def with_lags(bench: Bench, found: Sequence[EnvironmentStatus]) -> Iterator[EnvironmentStatus]:
    """Add to each environment how far it is behind; only where it is one is Git asked."""
    fleet = bench.fleet
    running = {one.environment: one.release for one in found}
    for one in found:
        previous = fleet.config.before(fleet.config.environment(one.environment))
        newer = running.get(previous.name) if previous else None
        if previous is None or newer is None or one.release in {None, newer}:
            yield one
            continue
        release = fleet.releases[one.release or ""]
        if _versions(fleet.releases[newer]) <= _versions(release):
            # It is the other one, and more.
            yield one
            continue
        try:
            lag = _lag(bench, previous, newer, release)
        except FleetopsError:
            # There is no Git here, or no commit: what runs can be told all the same.
            lag = None
        yield replace(one, lag=lag)


def _versions(release: Release) -> set[tuple[str, str]]:
    return {(image.name, image.version) for image in release.images.values()}


def _lag(bench: Bench, previous: Environment, newer: str, release: Release) -> Lag:
    """Count the releases that ran in the environment before since it ran this one, if it did."""
    git = open_git(bench.fleet.repository.root)
    names, began, known = {newer}, None, False
    for stay in islice(stays(bench, previous, git.commit("HEAD")), _LOOKED_AT):
        if known := stay.runs(release):
            break
        if stay.release:
            names.add(stay.release)
            began = stay.commit
        known = stay.end == "beginning"
    since = signatures(git, [began])[began].when if began and known else None
    return Lag(environment=previous.name, releases=len(names), since=since, at_least=not known)
