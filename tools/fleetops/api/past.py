"""What an environment ran before, from Git alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from fleetops.api.rewind import Rewind
from fleetops.catalogue import CONFIG, running_release
from fleetops.errors import InputError
from fleetops.git import open_git
from fleetops.git.log import is_cut_off, steps
from fleetops.kustomization import retagged
from fleetops.render import Render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fleetops.api.bench import Bench
    from fleetops.catalogue import Environment, Release
    from fleetops.errors import FleetopsError
    from fleetops.files import Repository
    from fleetops.git.log import Blob, Step
    from fleetops.kustomization import Closure

MAX_COMMITS: Final = 20_000
"""Commits that are gone back over in one call."""
MAX_RENDERS: Final = 500
"""Renders that one environment is worth."""

End = Literal["beginning", "shallow", "bound"]


class State(Struct, frozen=True):
    """What an environment was at a commit."""

    kind: Literal["running", "absent", "broken"]
    versions: Mapping[str, AbstractSet[str]] = {}
    """As the scene of its render gives them; of a running one only."""
    why: str = ""
    """It is not running."""

    def is_like(self, other: State) -> bool:
        """Tell whether as much runs in both."""
        return (self.kind, self.versions) == (other.kind, other.versions)


class Stay(Struct, frozen=True):
    """A state that an environment was in, from a commit on."""

    state: State
    commit: str
    """With which it began, or the oldest one that is known."""
    release: str | None
    """Which it ran as a whole, by the catalogue of that commit, or else by today's."""
    end: End | None = None
    """Why nothing comes before it: it was so from the `beginning`, the clone is `shallow`, or the
    `bound` of what is looked at is reached."""

    @property
    def begun(self) -> bool:
        """Whether it was not so before its commit."""
        return self.end in {None, "beginning"}

    def runs(self, release: Release) -> bool:
        """Tell whether it ran all that a release of today's is."""
        return running_release(self.state.versions, {release.name: release}) is not None


def stays(bench: Bench, environment: Environment, start: str) -> Iterator[Stay]:
    """Go back over what an environment was, from a commit on along first parents.

    Neighbours differ. Raises InputError for a commit that has no files here, or such as no work
    tree could have, and ProgramError where a program cannot be had.
    """
    return (stay for _, stay in walk(bench, [environment], start, lambda _name, _stay: False))


def walk(
    bench: Bench,
    environments: Sequence[Environment],
    start: str,
    enough: Callable[[str, Stay], bool],
) -> Iterator[tuple[str, Stay]]:
    """Go back over what environments were as `stays` does, each until a stay of it is `enough`."""
    git = open_git(bench.guarded)
    rewind = Rewind(bench, git, start)
    left = [_Past(bench, environment, rewind) for environment in environments]
    _look(bench, rewind, left, None)
    for number, step in enumerate(steps(git, start), 1):
        end: End | None = None
        if step.parent is None:
            end = "shallow" if is_cut_off(git, step.commit) else "beginning"
        elif number >= MAX_COMMITS:
            end = "bound"
        for past in [one for one in left if end or one.renders >= MAX_RENDERS]:
            left.remove(past)
            yield past.name, Stay(past.state, step.commit, past.release(), end or "bound")
        if not left:
            return
        concerned = [past for past in left if past.concerns(step)]
        stands = [Stay(past.state, step.commit, past.release()) for past in concerned]
        rewind.go_back(step)
        _look(bench, rewind, concerned, step)
        for past, stay in zip(concerned, stands, strict=True):
            if not past.state.is_like(stay.state):
                yield past.name, stay
                if enough(past.name, stay):
                    left.remove(past)


def current(bench: Bench, environment: Environment) -> State:
    """Tell what the environment is in the work tree; raises ProgramError as `stays` does."""
    (outcome,) = bench.survey([environment])
    return _rendered(bench, environment, outcome)


def _look(bench: Bench, rewind: Rewind, pasts: Sequence[_Past], step: Step | None) -> None:
    """Have each know its state at this commit, which `step` led back to."""
    wanted = [(past, closure) for past in pasts if (closure := past.read(step))]
    if wanted:
        several = [(rewind.repository, closure) for _, closure in wanted]
        with bench.kustomize.start(several) as rendering:
            for (past, _), outcome in zip(wanted, rendering.each(), strict=True):
                past.take(outcome)


class _Past:
    """What an environment is, commit after commit."""

    def __init__(self, bench: Bench, environment: Environment, rewind: Rewind) -> None:
        self.name = environment.name
        self.state = State("absent")
        self.renders = 0
        self._bench = bench
        self._environment = environment
        self._rewind = rewind
        self._overlay = environment.overlay
        self._closure: Closure | None = None
        self._blobs: dict[str, Blob | None] = {}
        self._known = State("absent")
        """That of the last closure."""
        self._seen: dict[frozenset[tuple[str, Blob | None]], State] = {}
        self._watched: set[str] = set()

    def concerns(self, step: Step) -> bool:
        """Tell whether a step can have changed the state."""
        if self._closure is not None:
            return not self._watched.isdisjoint(step.before)
        # Of what is absent or broken it is not known what it would consist of.
        return self._rewind.concerns(step)

    def release(self) -> str | None:
        """Name the release that the state of this commit is."""
        if self.state.kind != "running":
            return None
        for releases in (self._rewind.releases(), self._bench.fleet.releases):
            if found := running_release(self.state.versions, releases):
                return found.name
        return None

    def read(self, step: Step | None) -> Closure | None:
        """Come to know the state at this commit; what has to be rendered for that is given."""
        self._overlay = self._find(step)
        former = self._closure
        self._closure = None
        repository = self._rewind.repository
        if not repository.is_directory(self._overlay):
            self.state = State("absent", why=f"{self._overlay} does not exist")
            return None
        try:
            closure = self._bench.fleet.read(repository, self._overlay)
        except InputError as error:
            self.renders += 1
            self.state = _broken(error)
            return None
        self._closure = closure
        known = self._conclude(former, closure)
        if known is None:
            return closure
        self._settle(known)
        return None

    def take(self, outcome: Render | FleetopsError) -> None:
        """Take a render for the state of this commit."""
        self.renders += 1
        if not isinstance(outcome, Render | InputError):
            raise outcome
        self._settle(_rendered(self._bench, self._environment, outcome, self._rewind.repository))

    def _settle(self, state: State) -> None:
        self._seen[frozenset(self._blobs.items())] = self._known = self.state = state

    def _find(self, step: Step | None) -> str:
        """Find the overlay: where fleetops.yaml says, or where it was, or came from."""
        named = self._rewind.layout().overlay(self.name)
        if named is not None:
            return os.path.normpath(named)
        if step and self._closure and not self._rewind.repository.is_directory(self._overlay):
            return self._rewind.former_folder(step, self._closure.top.path) or self._overlay
        return self._overlay

    def _conclude(self, former: Closure | None, closure: Closure) -> State | None:
        """Tell what a closure runs, as before or as it follows from that; None if it does not."""
        parts = {*closure.own_files, *(link for link, _ in closure.own_links)}
        self._watched = {CONFIG, *parts, *closure.absent}
        before, self._blobs = self._blobs, self._rewind.blobs(parts)
        if known := self._seen.get(frozenset(self._blobs.items())):
            return known
        differ = {path for path, _ in before.items() ^ self._blobs.items()}
        if former is None or self._known.kind != "running" or differ != {closure.top.path}:
            return None
        versions = retagged(former, self._known.versions, closure)
        return None if versions is None else State("running", versions)


def _rendered(
    bench: Bench,
    environment: Environment,
    outcome: Render | InputError,
    repository: Repository | None = None,
) -> State:
    if isinstance(outcome, InputError):
        return _broken(outcome)
    found = bench.scene(environment, outcome, repository).versions
    return State("running", {name: frozenset(ones) for name, ones in found.items()})


def _broken(error: InputError) -> State:
    return State("broken", why=f"cannot be rendered: {error.summary}")
