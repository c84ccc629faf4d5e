"""How far an environment is behind the one before it, and since when."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.past import walk
from fleetops.api.results.status import Lag
from fleetops.errors import FleetopsError
from fleetops.git import open_git
from fleetops.git.log import signatures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.past import Stay
    from fleetops.api.results.status import EnvironmentStatus
    from fleetops.catalogue import Release

_LOOKED_AT = 20
"""Changes of what ran that are gone back over."""


class _Gap(Struct, frozen=True):
    """An environment that runs another release than the one before it."""

    previous: str
    newer: str
    release: Release


def with_lags(bench: Bench, found: Sequence[EnvironmentStatus]) -> Iterator[EnvironmentStatus]:
    """Add to each environment how far it is behind; only where one is, is Git asked."""
    gaps = dict(_gaps(bench, found))
    try:
        lags = _lags(bench, gaps) if gaps else {}
    except FleetopsError:
        # There is no Git here, or no commit: what runs can be told all the same.
        lags = {}
    return (replace(one, lag=lags.get(one.environment)) for one in found)


def _gaps(bench: Bench, found: Sequence[EnvironmentStatus]) -> Iterator[tuple[str, _Gap]]:
    releases = bench.fleet.releases
    known = {one.environment: one for one in found}
    ordered = [known.get(one.name) for one in bench.fleet.config.environments]
    for position, one in enumerate(ordered):
        if one is None or one.release is None:
            continue
        previous = _previous(one, ordered[:position])
        if previous is None or previous.release in {None, one.release}:
            continue
        release, newer = releases[one.release], releases[previous.release or ""]
        # It may be the other one, and more.
        if not _versions(newer) <= _versions(release):
            yield one.environment, _Gap(previous.environment, newer.name, release)


def _previous(
    one: EnvironmentStatus, earlier: Sequence[EnvironmentStatus | None]
) -> EnvironmentStatus | None:
    """Find the nearest of the environments before that runs any of its services.

    None where it may be one that was not looked at.
    """
    own = _running(one)
    for other in reversed(earlier):
        if other is None or not own.isdisjoint(_running(other)):
            return other
        if other.off and not _running(other):
            # It cannot be rendered.
            return None
    return None


def _running(one: EnvironmentStatus) -> set[str]:
    return {service.image for service in one.services if service.versions}


def _versions(release: Release) -> set[tuple[str, str]]:
    return {(image.name, image.version) for image in release.images.values()}


def _lags(bench: Bench, gaps: Mapping[str, _Gap]) -> dict[str, Lag]:
    """Go back over what ran in the environments before, all in one walk."""
    git = open_git(bench.fleet.repository.root)
    sought: defaultdict[str, list[Release]] = defaultdict(list)
    for gap in gaps.values():
        sought[gap.previous].append(gap.release)
    past: dict[str, list[Stay]] = {name: [] for name in sought}

    def enough(name: str, stay: Stay) -> bool:
        left = sought[name] = [one for one in sought[name] if not stay.runs(one)]
        return not left or len(past[name]) == _LOOKED_AT

    environments = list(map(bench.fleet.config.environment, past))
    for name, stay in walk(bench, environments, git.commit("HEAD"), enough):
        past[name].append(stay)
    counted = {name: _counted(gap, past[gap.previous]) for name, gap in gaps.items()}
    began = {commit for _, commit in counted.values() if commit}
    signed = signatures(git, sorted(began))
    return {
        name: replace(lag, since=signed[commit].when if commit else None)
        for name, (lag, commit) in counted.items()
    }


def _counted(gap: _Gap, past: Sequence[Stay]) -> tuple[Lag, str | None]:
    """Count the releases that ran in the environment before since it ran this one, if it did.

    Given with the commit that brought the first of them, where that is seen.
    """
    names, began, known = {gap.newer}, None, False
    for stay in past:
        if known := stay.runs(gap.release):
            break
        if stay.release:
            names.add(stay.release)
            began = stay.commit
        known = stay.end == "beginning"
    lag = Lag(environment=gap.previous, releases=len(names), at_least=not known, since=None)
    return lag, began if known else None
