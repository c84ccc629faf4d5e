"""Whether an environment's gates let a release in."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.past import stays
from fleetops.api.results import Danger
from fleetops.catalogue import CONFIG
from fleetops.checks import ENVIRONMENT_FROZEN, FILE_WITHOUT_OWNER, RELEASE_TOO_YOUNG
from fleetops.codeowners import PLACES, Owners
from fleetops.errors import FleetopsError
from fleetops.files import Repository
from fleetops.git import open_git, signatures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from fleetops.api.fleet import Bench, Fleet
    from fleetops.catalogue import Environment, Release
    from fleetops.checks import Check
    from fleetops.kustomization import Closure


_LOOKED_AT = 50
"""Changes of what ran that are gone back over to find whether a release is one of them."""


class Arrival(Struct, frozen=True):
    """A release that is to come into an environment."""

    environment: Environment
    previous: Environment | None
    """The environment before."""
    release: Release
    revision: str = "HEAD"
    """Whose history tells what ran."""


def frozen(fleet: Fleet, environment: Environment) -> Iterator[Danger]:
    """Give a danger for each freeze that holds now."""
    at = fleet.clock()
    for freeze in environment.gates.freeze:
        if end := freeze.end_at(at):
            message = f"is frozen until {_said(end)}: {freeze.reason}"
            yield _closed(ENVIRONMENT_FROZEN, environment, message)


def too_young(bench: Bench, arrival: Arrival) -> Iterator[Danger]:
    """Give a danger where a release has not run long enough in the environment before.

    Raises ProgramError where kustomize cannot be had.
    """
    environment, previous = arrival.environment, arrival.previous
    asked, name = environment.gates.seasoning, arrival.release.name
    if previous is None or asked is None:
        return
    try:
        message = _age(bench, arrival, previous, asked)
    except FleetopsError as error:
        message = f"it cannot be told how long it has run there: {error.message}"
    if message:
        duration = environment.gates.runs_before
        yield _closed(
            RELEASE_TOO_YOUNG,
            environment,
            f"{name} has to run in {previous.name} for {duration} before; {message}",
        )


def is_back(bench: Bench, arrival: Arrival) -> bool:
    """Tell whether a release ran in its environment before, so that it is gone back to."""
    git = open_git(bench.guarded)
    past = stays(bench, arrival.environment, git.commit(arrival.revision))
    return any(stay.runs(arrival.release) for stay in islice(past, _LOOKED_AT))


def unowned(fleet: Fleet, environment: Environment, closure: Closure) -> Iterator[Danger]:
    """Give a danger for each file of an overlay that a CODEOWNERS file gives no owner."""
    if environment.gates.approvals is None:
        return
    prefix, texts = _code_owners(fleet)
    if not texts:
        yield _closed(FILE_WITHOUT_OWNER, environment, "the repository has no CODEOWNERS file")
    files = (*closure.files, *(one.path for one in closure.kustomizations))
    own = sorted({path for path in files if path.startswith(f"{closure.overlay}/")})
    for place, text in texts.items():
        owners = Owners(place, text)
        for path in own:
            if not owners.covers(f"{prefix}{path}"):
                message = f"{place} gives {path} no owner"
                yield _closed(FILE_WITHOUT_OWNER, environment, message, path)


def _code_owners(fleet: Fleet) -> tuple[str, dict[str, str]]:
    """Read the CODEOWNERS files of the Git repository, and where in it the fleet is.

    Raises InputError for one that cannot be read.
    """
    root = fleet.repository.root
    top = next((one for one in (root, *root.parents) if (one / ".git").exists()), root)
    repository = Repository.at(top)
    prefix = f"{root.relative_to(top)}/" if root != top else ""
    there = [place for place in PLACES if os.path.lexists(top / place)]
    return prefix, {place: repository.read_text(place) for place in there}


def _age(bench: Bench, arrival: Arrival, previous: Environment, duration: timedelta) -> str | None:
    """Say why a release has not run for so long by now; None where it has."""
    at = bench.fleet.clock()
    git = open_git(bench.guarded)
    began = None
    for stay in stays(bench, previous, git.commit(arrival.revision)):
        if not stay.runs(arrival.release):
            break
        began = signatures(git, [stay.commit])[stay.commit].when
        if began <= at - duration:
            return None
        if not stay.begun:
            return (
                f"it runs there since {_said(began)} at least, and what was before is not in this"
                " clone"
            )
    if began is None:
        return "no commit has it there yet"
    return f"it runs there since {_said(began)}, so from {_said(began + duration)} on it may come"


def _said(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%MZ}"


def _closed(gate: Check, environment: Environment, message: str, file: str = CONFIG) -> Danger:
    return Danger(
        rule=gate.id,
        severity="refuse",
        environment=environment.name,
        message=message,
        file=file,
    )
