"""Whether an environment's gates let a release in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

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


def frozen(environment: Environment, at: datetime) -> Iterator[Danger]:
    """Give a danger for each freeze that holds at a time."""
    for freeze in environment.gates.freeze:
        if end := freeze.end_at(at):
            message = f"is frozen until {_said(end)}: {freeze.reason}"
            yield _closed(ENVIRONMENT_FROZEN, environment, message)


def too_young(
    bench: Bench,
    environment: Environment,
    release: Release,
    at: datetime,
    revision: str = "HEAD",
) -> Iterator[Danger]:
    """Give a danger where a release has not run long enough before, in the history of a revision.

    Raises ProgramError where kustomize cannot be had.
    """
    previous, asked = bench.fleet.config.before(environment), environment.gates.seasoning
    if previous is None or asked is None:
        return
    try:
        message = _age(bench, previous, release, (at, asked), revision)
    except FleetopsError as error:
        message = f"it cannot be told how long it has run there: {error.message}"
    if message:
        yield _closed(
            RELEASE_TOO_YOUNG,
            environment,
            f"{release.name} has to run in {previous.name} for {environment.gates.runs_before}"
            f" before; {message}",
        )


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


def _age(
    bench: Bench,
    previous: Environment,
    release: Release,
    asked: tuple[datetime, timedelta],
    revision: str,
) -> str | None:
    """Say why a release has not run for so long at a time; None where it has."""
    at, duration = asked
    git = open_git(bench.fleet.repository.root)
    began = None
    for stay in stays(bench, previous, git.commit(revision)):
        if not stay.runs(release):
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
