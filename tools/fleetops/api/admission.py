"""Whether an environment's gates let a release in."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops import goyaml
from fleetops.api.order import asked_before
from fleetops.api.owners import book_of
from fleetops.api.past import stays
from fleetops.api.results.findings import Danger
from fleetops.catalogue import CONFIG
from fleetops.checks import ENVIRONMENT_FROZEN, FILE_WITHOUT_OWNER, RELEASE_TOO_YOUNG
from fleetops.codeowners import Owners
from fleetops.errors import FleetopsError, Place
from fleetops.git import open_git
from fleetops.git.log import signatures
from fleetops.kustomization import is_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.order import Versions
    from fleetops.api.owners import Book
    from fleetops.api.past import Stay
    from fleetops.catalogue import Environment, Release
    from fleetops.checks import Check
    from fleetops.kustomization import Closure


_LOOKED_AT = 50
"""Changes of what ran that are gone back over to find whether a release is one of them."""


class Arrival(Struct, frozen=True):
    """A release that is to come into an environment."""

    environment: Environment
    previous: Environment | None
    """The environment right before, by what decides the order."""
    release: Release
    revision: str = "HEAD"
    """Whose history tells what ran."""


def frozen(fleet: Fleet, environment: Environment) -> Iterator[Danger]:
    """Give a danger for each freeze that holds now."""
    at = fleet.clock()
    for freeze in environment.gates.freeze:
        if end := freeze.end_at(at):
            message = f"is frozen until {_said(end)}: {freeze.reason}"
            yield _closed(ENVIRONMENT_FROZEN, environment, message, _line(fleet, environment))


def too_young(bench: Bench, arrival: Arrival) -> Iterator[Danger]:
    """Give a danger where a release has not run long enough in the environment before.

    Raises ProgramError where kustomize cannot be had.
    """
    environment, asked = arrival.environment, arrival.environment.gates.seasoning
    if arrival.previous is None or asked is None:
        return
    name, previous = arrival.release.name, arrival.previous
    try:
        past = _past_before(bench, arrival, previous)
        if past is None:
            return
        previous = past.environment
        message = _age(bench, past, asked)
    except FleetopsError as error:
        message = f"it cannot be told how long it has run there: {error.message}"
    if message:
        duration = environment.gates.runs_before
        yield _closed(
            RELEASE_TOO_YOUNG,
            environment,
            f"{name} has to run in {previous.name} for {duration} before; {message}",
            _line(bench.fleet, environment),
        )


def is_back(bench: Bench, arrival: Arrival) -> bool:
    """Tell whether a release ran in its environment before, so that it is gone back to."""
    git = open_git(bench.guarded)
    past = stays(bench, arrival.environment, git.commit(arrival.revision))
    return any(stay.runs(arrival.release) for stay in islice(past, _LOOKED_AT))


def nameless(fleet: Fleet, environment: Environment, previous: Environment) -> Danger:
    """Say that what comes to run is no release, so that it cannot be told whether it ran before."""
    message = f"it comes to run no release as a whole, which could have run in {previous.name}"
    return _closed(RELEASE_TOO_YOUNG, environment, message, _line(fleet, environment))


def unowned(
    bench: Bench, environment: Environment, closure: Closure, former: Sequence[Book] = ()
) -> Iterator[Danger]:
    """Give a danger for each file of an overlay that a CODEOWNERS file gives no owner.

    A file that has one has to have had one in the `former` books too.
    """
    if environment.gates.approvals is None:
        return
    links = [written for written, _ in closure.own_links]
    overlay = environment.overlay.rstrip("/")
    # A link decides as much as a file what is rendered, also one on the way to the overlay.
    way = {one for one in links if one == overlay or is_below(overlay, one)}
    own = sorted(
        way | {path for path in (*closure.own_files, *links) if is_below(path, closure.overlay)}
    )
    said: set[str] = set()
    for book in (book_of(bench), *former):
        here = _line(bench.fleet, environment)
        found = [one for one in _lacking(environment, own, book, here) if one.file not in said]
        yield from found
        said.update(one.file for one in found)


def _lacking(
    environment: Environment, own: Sequence[str], book: Book, here: Place
) -> Iterator[Danger]:
    when = f" (commit {book.commit[:12]})" if book.commit else ""
    if not book.texts:
        message = f"the repository has no CODEOWNERS file{when}"
        yield _closed(FILE_WITHOUT_OWNER, environment, message, here)
    for place, text in book.texts.items():
        owners = Owners(place, text)
        for path in own:
            if not owners.covers(f"{book.prefix}{path}"):
                message = f"{place} gives {path} no owner{when}"
                yield _closed(FILE_WITHOUT_OWNER, environment, message, Place(path))


class _Past(Struct, frozen=True):
    """What an environment was, and the release that is looked for in that."""

    environment: Environment
    release: Release
    stays: Iterator[Stay]


def _past_before(bench: Bench, arrival: Arrival, previous: Environment) -> _Past | None:
    """Give the past of the environment before, for this release; None where there is none.

    What the environments had at the revision decides which that is, so that no change can take the
    services out of one to have it passed over.
    """
    commit = open_git(bench.guarded).commit(arrival.revision)
    pasts: dict[str, Iterator[Stay]] = {}

    def versions(one: Environment) -> Versions | None:
        past = stays(bench, one, commit)
        now = next(past)
        pasts[one.name] = chain((now,), past)
        return now.state.versions if now.state.kind == "running" else None

    config, before = bench.fleet.config, bench.fleet.config.before(arrival.environment)
    if before is None or before.name != previous.name:
        # A change of the order passes nothing over.
        return _Past(previous, arrival.release, stays(bench, previous, commit))
    asked = asked_before(config, arrival.environment, arrival.release, versions)
    if asked is None:
        return None
    return _Past(asked.environment, asked.release, pasts[asked.environment.name])


def _age(bench: Bench, past: _Past, duration: timedelta) -> str | None:
    """Say why a release has not run for so long by now; None where it has."""
    at = bench.fleet.clock()
    git = open_git(bench.guarded)
    began = None
    for stay in past.stays:
        if not stay.runs(past.release):
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


def _line(fleet: Fleet, environment: Environment) -> Place:
    """Find the gates of an environment, or where they would be."""
    names = [one.name for one in fleet.config.environments]
    document, *_ = goyaml.read(fleet.repository.read_text(CONFIG), CONFIG, marks=True)
    index = names.index(environment.name)
    return Place(CONFIG, document.line_of(("environments", index, "gates")))


def _closed(gate: Check, environment: Environment, message: str, place: Place) -> Danger:
    return Danger(
        rule=gate.id,
        severity="refuse",
        environment=environment.name,
        message=message,
        file=place.path,
        line=place.line,
    )
