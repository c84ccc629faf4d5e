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
    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.past import Stay
    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment, Release

_LOOKED_AT = 50
"""Changes of what ran that are gone back over; one that is a mistake is put right sooner."""


def target(fleet: Fleet, environment: Environment, to: str | None, narrate: Narrate) -> Release:
    """Find the release to go back to: that of `to`, a release or a revision, or the one before.

    Raises UsageError where `to` is neither, RefusedError where no release ran as a whole or the
    catalogue no longer has it, and whatever else history raises.
    """
    git = open_git(fleet.repository.root)
    with bench(fleet, narrate) as place:
        if to is None:
            return _in_catalogue(fleet, _before(place, environment, git.commit("HEAD")))
        if to in fleet.releases:
            _require_ran(place, environment, to, git.commit("HEAD"))
            return fleet.releases[to]
        try:
            commit = git.commit(to)
        except UsageError:
            words = unknown("release", to, fleet.releases)
            raise UsageError(f"{words}, and no revision either") from None
        stay = next(stays(place, environment, commit))
    if stay.release is None:
        why = f": {stay.state.why}" if stay.state.why else ""
        raise RefusedError(
            f"{environment.name} runs no release as a whole at {to}{why}", hint=_hint(environment)
        )
    return _in_catalogue(fleet, stay)


def _require_ran(bench: Bench, environment: Environment, name: str, start: str) -> None:
    """Refuse a release that the environment never ran: that would be no way back."""
    ran = islice(stays(bench, environment, start), _LOOKED_AT)
    if not any(stay.release == name for stay in ran):
        raise RefusedError(
            f"{environment.name} never ran {name}, as far as Git tells",
            hint=f"fleetops promote {name} --env {environment.name} brings it there",
        )


def _before(bench: Bench, environment: Environment, start: str) -> Stay:
    """Find what ran before that which the work tree has now."""
    now = current(bench, environment)
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
