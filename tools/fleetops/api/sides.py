"""An environment in two states of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.footprint import Ground
from fleetops.api.source import Source
from fleetops.errors import FleetopsError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fleetops.api.states import State
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.render import Render


class Side(Struct, frozen=True):
    """An environment in one of the two states, where it exists there."""

    state: State
    closure: Closure

    @property
    def repository(self) -> Repository:
        """The files of that state."""
        return self.state.fleet.repository

    def rendered(self, outcome: Render | FleetopsError) -> tuple[Render, Source]:
        """Give a render with its files; raises the error that is in its place."""
        if isinstance(outcome, InputError):
            raise self.state.failure(outcome)
        if isinstance(outcome, FleetopsError):
            raise outcome
        return outcome, Source(outcome, self.repository)


class Sides(Struct, frozen=True):
    """An environment before and after; None where it does not exist, or an error."""

    environment: str
    before: Side | InputError | None
    after: Side | InputError | None
    is_same: bool = False
    """Whether every file is the same in both, so that the render is."""

    @property
    def problem(self) -> InputError | None:
        """The first reason why it cannot be rendered."""
        errors = (one for one in (self.before, self.after) if isinstance(one, InputError))
        return next(errors, None)


class Beside:
    """Two states of the repository, one beside the other."""

    def __init__(self, start: State, end: State) -> None:
        self._start = start
        self._end = end
        self._before = Ground(start.fleet.repository)
        self._after = Ground(end.fleet.repository)

    def sides(self, name: str) -> Sides:
        """Find an environment in both; what cannot be compared counts as another."""
        after = side_of(self._end, name)
        if isinstance(after, Side) and self._is_same(name, after.closure):
            return Sides(name, Side(self._start, after.closure), after, is_same=True)
        return Sides(name, side_of(self._start, name), after)

    def _is_same(self, name: str, closure: Closure) -> bool:
        """Tell whether what an overlay consists of at the end is all that it did at the start."""
        was, now = self._start.environments.get(name), self._end.environments[name]
        if was is None or (was.overlay, was.flux) != (now.overlay, now.flux):
            return False
        footprint = self._after.footprint(closure)
        return footprint is not None and self._before.bears(footprint)


def departed(start: State, names: Iterable[str], repository: Repository) -> Iterator[Sides]:
    """Give environments that are described no more, but those of which every file still stands.

    What a controller applies of these is what it was; that nobody looks at it any more is told of.
    """
    then, now = Ground(start.fleet.repository), Ground(repository)
    for name in names:
        side = side_of(start, name)
        footprint = then.footprint(side.closure) if isinstance(side, Side) else None
        if footprint is None or not now.bears(footprint):
            yield Sides(name, side, None)


def side_of(state: State, name: str) -> Side | InputError | None:
    """Find an environment in a state: None where it is not there, an error where it is broken."""
    environment = state.environments.get(name)
    if environment is None:
        return None
    try:
        return Side(state, state.fleet.closure(environment))
    except InputError as error:
        return state.failure(error)
