"""Compare what a controller would apply of two states of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.bench import bench
from fleetops.api.results.comparison import Comparison, EnvironmentChange
from fleetops.api.sides import Beside, Side
from fleetops.api.states import WORK_TREE, State, open_state
from fleetops.errors import InputError, UsageError
from fleetops.git import open_git
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.api.sides import Sides


class Request(Struct, frozen=True):
    """A comparison that is asked for."""

    environments: tuple[str, ...] = ()
    """All where none is named."""
    start: str = "HEAD"
    """A revision."""
    end: str | None = None
    """A revision, or None for the work tree."""
    everything: bool = False
    """Also what changes nothing."""


def compare(fleet: Fleet, request: Request, narrate: Narrate) -> Comparison:
    """Render both states of the environments and say what differs; nothing is written.

    Raises UsageError for a revision or an environment that does not exist, InputError for a state
    that cannot be used and ProgramError where git or kustomize cannot be had.
    """
    with bench(fleet, narrate) as place:
        git = open_git(fleet.repository.root)
        start = open_state(place, git, request.start)
        end = (
            State(WORK_TREE, place.fleet)
            if request.end is None
            else open_state(place, git, request.end)
        ).judged_by(start)
        if problem := start.problem or end.problem:
            raise problem
        beside = Beside(start, end)
        names = _names(request, start, end)
        told = place.progress.counted("reading", names, len(names))
        sides = [beside.sides(name) for name in told]
        # What may be used is what was allowed before: a change cannot allow it to itself.
        config = (start if start.environments else end).fleet.config
        found = list(_compare(place, sides, config.registries, everything=request.everything))
    return Comparison(
        ok=not any(one.outcome == "broken" for one in found),
        start=start.name,
        end=end.name,
        environments=tuple(found),
    )


def _names(request: Request, start: State, end: State) -> list[str]:
    known = list({**end.environments, **start.environments})
    for name in request.environments:
        if name not in known:
            raise UsageError(unknown("environment", name, known))
    return list(dict.fromkeys(request.environments)) or known


def _compare(
    bench: Bench, sides: Sequence[Sides], registries: tuple[str, ...], *, everything: bool
) -> Iterator[EnvironmentChange]:
    """Compare the environments, of which only those with other files are rendered.

    However many there are, only the renders of one are held while it is compared.
    """
    overlays = [
        (side.repository, side.closure) for one in sides if _differs(one) for side in _there(one)
    ]
    with bench.kustomize.start(overlays) as rendering:
        if overlays:
            # What compares is imported while kustomize works.
            from fleetops.api.compared import compared

        outcomes = rendering.each()
        for one in bench.progress.counted("comparing", sides, len(sides)):
            try:
                if one.problem is not None:
                    raise one.problem
                if one.is_same:
                    yield EnvironmentChange(environment=one.environment, outcome="unchanged")
                    continue
                came = {side.state.name: next(outcomes) for side in _there(one)}
                before, after = (
                    side.rendered(came[side.state.name]) if isinstance(side, Side) else None
                    for side in (one.before, one.after)
                )
                yield compared(one.environment, before, after, registries, everything=everything)
            except InputError as error:
                yield EnvironmentChange(
                    environment=one.environment, outcome="broken", problem=error.summary
                )


def _differs(sides: Sides) -> bool:
    return sides.problem is None and not sides.is_same


def _there(sides: Sides) -> Iterator[Side]:
    return (side for side in (sides.before, sides.after) if isinstance(side, Side))
