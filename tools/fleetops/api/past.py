"""What an environment ran before, from Git alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from fleetops.catalogue import CONFIG, read_layout, read_releases, running_release
from fleetops.errors import InputError
from fleetops.files import Repository
from fleetops.git import open_git
from fleetops.git.log import is_cut_off, renamed_from, steps
from fleetops.git.replica import Replica
from fleetops.kustomization import NAMES, retagged
from fleetops.render import Render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from fleetops.api.bench import Bench
    from fleetops.catalogue import Environment, Release
    from fleetops.git import Git
    from fleetops.git.log import Blob, Step
    from fleetops.kustomization import Closure

MAX_COMMITS: Final = 20_000
"""Commits that are gone back over in one call."""
MAX_RENDERS: Final = 500
"""Renders that one call is worth."""

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
    git = open_git(bench.guarded)
    past = _Past(bench, environment, git, start)
    state = past.look(None)
    number = 0
    for step in steps(git, start):
        number += 1
        if step.parent is None:
            end: End = "shallow" if is_cut_off(git, step.commit) else "beginning"
            yield Stay(state, step.commit, past.release(state), end)
            return
        if number >= MAX_COMMITS or past.renders >= MAX_RENDERS:
            yield Stay(state, step.commit, past.release(state), "bound")
            return
        if not past.concerns(step):
            past.go_back(step)
            continue
        release = past.release(state)
        past.go_back(step)
        before = past.look(step)
        if not before.is_like(state):
            yield Stay(state, step.commit, release)
        state = before


def current(bench: Bench, environment: Environment) -> State:
    """Tell what the environment is in the work tree; raises ProgramError as `stays` does."""
    (outcome,) = bench.survey([environment])
    return _rendered(bench, environment, outcome)


class _Past:
    """The files of one commit after the other, and what the environment is in them."""

    def __init__(self, bench: Bench, environment: Environment, git: Git, start: str) -> None:
        self.renders = 0
        self._bench = bench
        self._environment = environment
        self._git = git
        self._replica = Replica(git, start, bench.folder("past"), NAMES)
        self._repository = Repository.at(self._replica.root)
        self._overlay = environment.overlay
        self._closure: Closure | None = None
        self._blobs: dict[str, Blob | None] = {}
        self._last = State("absent")
        self._seen: dict[frozenset[tuple[str, Blob | None]], State] = {}
        self._watched: set[str] = set()
        self._catalogue = bench.fleet.config.catalogue
        self._releases: Mapping[str, Release] | None = None

    def concerns(self, step: Step) -> bool:
        """Tell whether a step can have changed the state."""
        if self._closure is not None:
            return not self._watched.isdisjoint(step.before)
        # Of what is absent or broken it is not known what it would consist of.
        return any(
            path == CONFIG or path.endswith(NAMES) or self._replica.is_of_use(path)
            for path in step.before
        )

    def go_back(self, step: Step) -> None:
        """Come to be at the parent of a step's commit."""
        self._replica.go_back(step)
        if any(path.startswith((f"{self._catalogue}/", CONFIG)) for path in step.before):
            self._releases = None

    def release(self, state: State) -> str | None:
        """Name the release that a state of this commit is."""
        if state.kind != "running":
            return None
        if self._releases is None:
            self._releases = self._read_releases()
        for releases in (self._releases, self._bench.fleet.releases):
            if found := running_release(state.versions, releases):
                return found.name
        return None

    def _read_releases(self) -> Mapping[str, Release]:
        self._replica.bring(CONFIG)
        self._catalogue = read_layout(self._repository).catalogue or self._catalogue
        self._replica.bring(os.path.normpath(self._catalogue))
        try:
            return read_releases(self._repository, self._catalogue)
        except InputError:
            return {}

    def look(self, step: Step | None) -> State:
        """Tell what the environment is at this commit, which `step` led back to."""
        self._replica.bring(CONFIG)
        self._overlay = self._find(step)
        former = self._closure
        self._closure = None
        if not self._repository.is_directory(self._overlay):
            return State("absent", why=f"{self._overlay} does not exist")
        try:
            closure = self._bench.fleet.read(self._repository, self._overlay)
        except InputError as error:
            self.renders += 1
            return _broken(error)
        self._closure = closure
        return self._state(former, closure)

    def _find(self, step: Step | None) -> str:
        """Find the overlay: where fleetops.yaml says, or where it was, or came from."""
        named = read_layout(self._repository).overlay(self._environment.name)
        if named is not None:
            return os.path.normpath(named)
        if step and self._closure and not self._repository.is_directory(self._overlay):
            former = renamed_from(self._git, step, self._closure.top.path)
            return former.rpartition("/")[0] if former else self._overlay
        return self._overlay

    def _state(self, former: Closure | None, closure: Closure) -> State:
        """Tell what a closure runs: as before, as it follows from that, or as it is rendered."""
        parts = {*closure.own_files, *(link for link, _ in closure.own_links)}
        self._watched = {CONFIG, *parts, *closure.absent}
        before, self._blobs = self._blobs, {path: self._replica.blob(path) for path in parts}
        key = frozenset(self._blobs.items())
        if key not in self._seen:
            differ = {path for path, _ in before.items() ^ self._blobs.items()}
            versions = None
            if former is not None and self._last.kind == "running" and differ == {closure.top.path}:
                versions = retagged(former, self._last.versions, closure)
            self._seen[key] = (
                self._render(closure) if versions is None else State("running", versions)
            )
        self._last = self._seen[key]
        return self._last

    def _render(self, closure: Closure) -> State:
        self.renders += 1
        with self._bench.kustomize.start([(self._repository, closure)]) as rendering:
            (outcome,) = rendering.each()
        if not isinstance(outcome, Render | InputError):
            raise outcome
        return _rendered(self._bench, self._environment, outcome, self._repository)


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
