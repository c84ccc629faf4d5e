"""Go back to a release that an environment ran before, the way of every promotion."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from fleetops.api.bench import bench
from fleetops.api.past import current, stays
from fleetops.catalogue import running_release
from fleetops.errors import Place, RefusedError, UsageError
from fleetops.git import open_git
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.past import State, Stay
    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment, Release
    from fleetops.git import Git

_LOOKED_AT = 50
"""Changes of what ran that are gone back over; one that is a mistake is put right sooner."""


def target(fleet: Fleet, environment: Environment, to: str | None, narrate: Narrate) -> Release:
    """Find the release to go back to: that of `to`, a release or a revision, or the one before.

    Raises UsageError where `to` is neither, RefusedError where no release ran as a whole or the
    catalogue no longer has it, and whatever else history raises.
    """
    git = open_git(fleet.repository.root)
    with bench(fleet, narrate) as place:
        now = current(place, environment)
        if to is None:
            stay = _before(place, environment, git.commit("HEAD"), now)
        elif to in fleet.releases:
            stay = _when(place, environment, to, git.commit("HEAD"))
        else:
            stay = _at(place, environment, to, git)
    release = _in_catalogue(fleet, stay)
    _require_all_of_it(fleet, environment, release, stay, now)
    return release


def _at(bench: Bench, environment: Environment, to: str, git: Git) -> Stay:
    """Find what ran at a revision."""
    try:
        commit = git.commit(to)
    except UsageError:
        words = unknown("release", to, bench.fleet.releases)
        raise UsageError(f"{words}, and no revision either") from None
    stay = next(stays(bench, environment, commit))
    if stay.release is None:
        why = f": {stay.state.why}" if stay.state.why else ""
        raise RefusedError(
            f"{environment.name} runs no release as a whole at {to}{why}", hint=_hint(environment)
        )
    return stay


def _when(bench: Bench, environment: Environment, name: str, start: str) -> Stay:
    """Find when a release ran last; one that the environment never ran would be no way back."""
    for stay in islice(stays(bench, environment, start), _LOOKED_AT):
        if stay.release == name:
            return stay
    raise RefusedError(
        f"{environment.name} never ran {name}, as far as Git tells",
        hint=f"fleetops promote {name} --env {environment.name} brings it there",
    )


def _require_all_of_it(
    fleet: Fleet, environment: Environment, release: Release, stay: Stay, now: State
) -> None:
    """Refuse a release that leaves a service as it is now, where that ran another version then."""
    said = {image.name for image in release.images.values()}
    for other in fleet.releases.values():
        for service, image in other.images.items():
            then, today = (one.versions.get(image.name) for one in (stay.state, now))
            if image.name not in said and then and today and then != today:
                raise RefusedError(
                    f"{release.name} says nothing of {service}, which would stay at {_words(today)}"
                    f" and ran as {_words(then)} with it",
                    place=release.place,
                    hint=f"write a release of all that {environment.name} ran at commit"
                    f" {stay.commit[:12]}, and promote that",
                )


def _words(versions: Iterable[str]) -> str:
    return ", ".join(sorted(one.removeprefix(":") for one in versions))


def _before(bench: Bench, environment: Environment, start: str, now: State) -> Stay:
    """Find what ran before that which the work tree has now."""
    running = running_release(now.versions, bench.fleet.releases)
    for stay in islice(stays(bench, environment, start), _LOOKED_AT):
        # What could not be rendered ran nowhere: the controller kept to what was before.
        if stay.state.kind != "running" or stay.state.is_like(now):
            continue
        if running is not None and stay.release == running.name:
            continue
        if stay.release is None:
            raise RefusedError(
                f"{environment.name} ran no release as a whole before, from commit"
                f" {stay.commit[:12]} on",
                hint=_hint(environment),
            )
        return stay
    raise RefusedError(
        f"{environment.name} ran nothing else before, as far as Git tells", hint=_hint(environment)
    )


def _hint(environment: Environment) -> str:
    return f"see fleetops history --env {environment.name}, and name a release with --to"


def _in_catalogue(fleet: Fleet, stay: Stay) -> Release:
    """Find the release in today's catalogue, whose images are what is gone back to."""
    name = stay.release or ""
    if name not in fleet.releases:
        raise RefusedError(
            f"the catalogue no longer has {name}",
            place=Place(fleet.config.catalogue),
            hint=f"take its file out of commit {stay.commit[:12]}, as in: git checkout"
            f" {stay.commit[:12]} -- {fleet.config.catalogue}/{name}.yaml",
        )
    return fleet.releases[name]
