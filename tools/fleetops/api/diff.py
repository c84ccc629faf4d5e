"""Compare what a controller would apply of two states of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.fleet import bench
from fleetops.api.results.comparison import Comparison, EnvironmentChange
from fleetops.api.sides import Beside, Side
from fleetops.api.states import WORK_TREE, State, open_state
from fleetops.errors import InputError, UsageError
from fleetops.git import open_git
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.fleet import Bench, Fleet
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
    """Compare the environments, of which only those with other files are rendered."""
    changed = [one for one in sides if one.problem is None and not one.is_same]
    wanted = {
        (one.environment, side.state.name): side
        for one in changed
        for side in (one.before, one.after)
        if isinstance(side, Side)
    }
    overlays = [(side.repository, side.closure) for side in wanted.values()]
    with bench.kustomize.start(overlays) as rendering:
        if overlays:
            # What compares is imported while kustomize works.
            from fleetops.api.compared import compared

        told = bench.progress.counted("rendering", rendering.each(), len(wanted), thing="overlay")
        outcomes = dict(zip(wanted, told, strict=True))
    for one in bench.progress.counted("comparing", sides, len(sides)):
        try:
            if one.problem is not None:
                raise one.problem
            if one not in changed:
                yield EnvironmentChange(environment=one.environment, outcome="unchanged")
                continue
            before, after = (
                side.rendered(outcomes[one.environment, side.state.name])
                if isinstance(side, Side)
                else None
                for side in (one.before, one.after)
            )
            yield compared(one.environment, before, after, registries, everything=everything)
        except InputError as error:
            yield EnvironmentChange(
                environment=one.environment, outcome="broken", problem=error.summary
            )
