"""An environment in two states of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.source import Source
from fleetops.errors import FleetopsError, InputError

if TYPE_CHECKING:
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

    def says_the_same(self, other: Side) -> bool:
        """Tell whether every file is the same, so that the render is."""
        mine, its = self.closure, other.closure
        return (
            (mine.overlay, mine.files, mine.links) == (its.overlay, its.files, its.links)
            and [(one.path, one.text) for one in mine.kustomizations]
            == [(one.path, one.text) for one in its.kustomizations]
            and all(
                self.repository.read_bytes(path) == other.repository.read_bytes(path)
                for path in mine.files
            )
        )

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

    @property
    def problem(self) -> InputError | None:
        """The first reason why it cannot be rendered."""
        errors = (one for one in (self.before, self.after) if isinstance(one, InputError))
        return next(errors, None)

    @property
    def is_same(self) -> bool:
        """Tell whether every file is the same in both."""
        before, after = self.before, self.after
        return isinstance(before, Side) and isinstance(after, Side) and before.says_the_same(after)


def sides_of(name: str, start: State, end: State) -> Sides:
    """Find an environment in two states."""
    return Sides(name, side_of(start, name), side_of(end, name))


def side_of(state: State, name: str) -> Side | InputError | None:
    """Find an environment in a state: None where it is not there, an error where it is broken."""
    environment = state.environments.get(name)
    if environment is None:
        return None
    try:
        return Side(state, state.fleet.closure(environment))
    except InputError as error:
        return state.failure(error)
