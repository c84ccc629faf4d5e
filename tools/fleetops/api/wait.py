"""Wait until an environment runs a release in its cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from fleetops.api.bench import bench
from fleetops.api.live import told
from fleetops.api.results.wait import Wait
from fleetops.api.view import Subject, Target, reach
from fleetops.catalogue import running_release
from fleetops.errors import InputError, ProgramError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.api.results.live import CommitStatus
    from fleetops.api.view import Seen, View
    from fleetops.catalogue import Environment, Release
    from fleetops.live import Sync

_POLL: Final = 1.0
_NARRATED_EVERY: Final = 10.0


class Request(Struct, frozen=True):
    """What is waited for."""

    release: Release
    environment: Environment
    target: Target = Target()
    timeout: float = 600.0
    """In seconds."""


def wait(fleet: Fleet, request: Request, narrate: Narrate) -> Wait:
    """Wait until the workloads of an environment run a release and have rolled out.

    Whatever syncs the environment has to say that it is synced and healthy, at a commit that is not
    an older one than the work tree's as far as the environment is concerned. It ends before its
    time as soon as that says that the sync of such a commit has failed. Raises as `reach` does,
    ProgramError also where the cluster does not answer when the time is over, and InputError where
    the environment cannot be rendered.
    """
    with bench(fleet, narrate) as place:
        (render,) = place.survey([request.environment])
        if isinstance(render, InputError):
            raise render
        subject = Subject(request.environment, place.scene(request.environment, render))
    running = running_release(subject.scene.versions, fleet.releases)
    if running != request.release:
        name = running.name if running else "no release as a whole"
        narrate(f"in this work tree {request.environment.name} runs {name}")
    with reach(fleet, request.target, narrate) as view:
        return _Waiting(view, subject, request, narrate).result()


class _Waiting:
    """A release that is waited for."""

    def __init__(
        self, view: View, subject: Subject, request: Request, narrate: Callable[[str], None]
    ) -> None:
        self._view = view
        self._subject = subject
        self._request = request
        self._narrate = narrate
        self._start = self._narrated = time.monotonic()
        self._told: tuple[str, ...] = ()

    def result(self) -> Wait:
        """Wait, and say how that ended."""
        syncs = self._view.syncs(self._subject)
        seen = self._view.look(self._subject, syncs)
        if elsewhere := next((one.elsewhere for one in syncs if one.elsewhere), ""):
            raise UsageError(
                f"{syncs[0].resource} syncs into {elsewhere}, not into the cluster of the context"
                f" {self._view.context}",
                hint="wait in that cluster: name its context",
            )
        while True:
            waiting = tuple(self._missing(seen))
            if not waiting:
                return self._wait("reached", seen, waiting)
            if any(one.failed and self._is_current(one) for one in seen.syncs):
                return self._wait("failed", seen, waiting)
            self._tell(waiting)
            again = self._next(seen)
            if again is None:
                return self._wait("timeout", seen, waiting)
            seen = again

    def _next(self, seen: Seen) -> Seen | None:
        """Look again after a while; None where the time is over."""
        while self._left() > 0:
            time.sleep(min(_POLL, self._left()))
            try:
                return self._view.look(self._subject, self._view.again(self._subject, seen.syncs))
            except ProgramError as error:
                # A control plane that is being upgraded, say.
                if self._left() <= 0:
                    raise
                self._tell((error.message,))
        return None

    def _left(self) -> float:
        return self._start + self._request.timeout - time.monotonic()

    def _tell(self, waiting: tuple[str, ...]) -> None:
        now = time.monotonic()
        if waiting != self._told or now - self._narrated >= _NARRATED_EVERY:
            self._told, self._narrated = waiting, now
            more = f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""
            self._narrate(f"{now - self._start:.0f} s: waiting: {waiting[0]}{more}")

    def _missing(self, seen: Seen) -> Iterator[str]:
        """Say what is not as it should be."""
        for service, image in self._request.release.images.items():
            versions = sorted(seen.versions.get(image.name, ()))
            if versions != [image.version]:
                runs = ", ".join(version.removeprefix(":") for version in versions)
                yield f"{service} runs {runs}" if versions else f"{service} does not run"
        for reference, why in seen.rollouts:
            if why:
                yield f"{reference.short}: {why}"
        for one in seen.syncs:
            if not one.ok:
                yield f"{one.resource.short}: {', '.join((*one.states, *one.messages[:1]))}"
            elif (commit := self._commit(one.applied)) and _is_older(commit):
                yield f"{one.resource.short} is at {commit.commit[:12]}, {commit.behind} behind"

    def _is_current(self, sync: Sync) -> bool:
        """Tell whether what it says of its newest commit is said of the work tree's or a later."""
        commit = self._commit(sync.attempted)
        if commit is None or _is_older(commit):
            return False
        history = self._view.history
        return commit.relation != "absent" or (history is not None and not history.is_shallow)

    def _commit(self, commit: str) -> CommitStatus | None:
        return self._view.commit(commit, self._subject)

    def _wait(
        self,
        outcome: Literal["reached", "timeout", "failed"],
        seen: Seen,
        waiting: tuple[str, ...],
    ) -> Wait:
        return Wait(
            ok=outcome == "reached",
            environment=self._request.environment.name,
            release=self._request.release.name,
            outcome=outcome,
            waiting=waiting,
            live=told(self._view, self._subject, seen),
            cluster=self._view.seen(),
            seconds=round(time.monotonic() - self._start, 3),
        )


def _is_older(commit: CommitStatus) -> bool:
    """Tell whether the work tree's commit comes after it, and changes the environment."""
    return commit.relation == "behind" and commit.changed
