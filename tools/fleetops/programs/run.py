"""Run external programs: bounded in time and output, apart from the caller's environment."""

from __future__ import annotations

import os
import resource
import selectors
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

from fleetops.errors import ExceededError, ProgramError
from fleetops.programs.commands import Completed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fleetops.programs.commands import Command

_STDERR_KEPT: Final = 64 * 1024
_CHUNK: Final = 64 * 1024
_EXIT_POLL: Final = 0.002
_MEANWHILE_POLL: Final = 1.0


def run(command: Command, meanwhile: Callable[[float], None] | None = None) -> Completed:
    """Run one command; `meanwhile` is told the seconds since its start, at least once a second.

    Raises ProgramError where it cannot be started, takes too long or prints too much; its whole
    process group is killed then, and on Ctrl-C.
    """
    with Batch([command], 1, meanwhile) as batch:
        (outcome,) = batch.each()
    if isinstance(outcome, ProgramError):
        raise outcome
    return outcome


def run_all(commands: Iterable[Command], workers: int) -> list[Completed | ProgramError]:
    """Run commands side by side, at most `workers` at a time; outcomes in the commands' order.

    An outcome is the error that `run` would raise, so that one command does not hide the others.
    Ctrl-C kills the process groups of all and is raised.
    """
    with Batch(commands, workers) as batch:
        return list(batch.each())


class Batch:
    """Commands that run side by side while the caller does something else.

    They are started on entering the `with` block, the next as one ends; each is taken from
    `commands` only then. On leaving the block whatever still runs is killed.
    """

    def __init__(
        self,
        commands: Iterable[Command],
        workers: int,
        meanwhile: Callable[[float], None] | None = None,
    ) -> None:
        self._waiting = enumerate(commands)
        self._all_started = False
        self._workers = max(workers, 1)
        self._meanwhile = meanwhile
        self._selector = selectors.DefaultSelector()
        self._live: dict[int, _Process] = {}
        self._outcomes: dict[int, Completed | ProgramError] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._live.values():
            process.kill()
        self._selector.close()

    def each(self) -> Iterator[Completed | ProgramError]:
        """Give the outcomes in the commands' order, each as soon as it and those before are."""
        number = 0
        while True:
            self._start()
            if number in self._outcomes:
                yield self._outcomes.pop(number)
                number += 1
            elif self._live:
                self._look()
            elif self._all_started:
                return

    def _start(self) -> None:
        while not self._all_started and len(self._live) < self._workers:
            number, command = next(self._waiting, (0, None))
            if command is None:
                self._all_started = True
                return
            try:
                # Until a process is known, nobody could kill it.
                with undisturbed():
                    self._live[number] = _Process(command, self._selector)
            except OSError as error:
                self._outcomes[number] = _not_started(command, error)

    def _look(self) -> None:
        patience = min((process.patience() for process in self._live.values()), default=0.0)
        if self._meanwhile is not None:
            patience = min(patience, _MEANWHILE_POLL)
        for key, _ in self._selector.select(patience):
            key.data.read(key.fileobj)
        for number, process in tuple(self._live.items()):
            if (outcome := process.outcome()) is not None:
                self._outcomes[number] = outcome
                del self._live[number]
            elif self._meanwhile is not None:
                self._meanwhile(process.seconds())


class _Process:
    """A command under way, the leader of a session and process group of its own."""

    def __init__(self, command: Command, selector: selectors.BaseSelector) -> None:
        self._command = command
        self._selector = selector
        with _readable(command.stdin) as stdin:
            self._process = subprocess.Popen(
                command.arguments,
                cwd=command.directory,
                env=command.environment,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                pass_fds=command.keep_open,
            )
        if command.max_memory is not None:
            limits = (command.max_memory, command.max_memory)
            with suppress(ProcessLookupError):
                resource.prlimit(self._process.pid, resource.RLIMIT_DATA, limits)
        self._started = time.monotonic()
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._open: set[IO[bytes]] = set()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, self)
                self._open.add(stream)

    def seconds(self) -> float:
        return time.monotonic() - self._started

    def patience(self) -> float:
        """Give the seconds after which it has to be looked at, should nothing be read before."""
        left = max(self._command.timeout - self.seconds(), 0.0)
        return left if self._open else min(left, _EXIT_POLL)

    def read(self, stream: IO[bytes]) -> None:
        chunk = os.read(stream.fileno(), _CHUNK)
        if not chunk:
            self._close(stream)
        elif stream is self._process.stdout:
            self._stdout += chunk
        else:
            self._stderr += chunk[: _STDERR_KEPT - len(self._stderr)]

    def outcome(self) -> Completed | ProgramError | None:
        """Give what became of it, None while it goes on; past a limit, kill it."""
        command = self._command
        if len(self._stdout) > command.max_output:
            self.kill()
            return ExceededError(
                f"{Path(command.arguments[0]).name} printed more than {command.max_output} bytes",
                hint=f"it ran as: {command}",
            )
        if not self._open and (returncode := self._process.poll()) is not None:
            return Completed(returncode, bytes(self._stdout), bytes(self._stderr))
        if self.seconds() >= command.timeout:
            self.kill()
            return ExceededError(
                f"{Path(command.arguments[0]).name} did not end within {command.timeout:g} s",
                hint=f"it ran as: {command}",
            )
        return None

    def kill(self) -> None:
        """Kill its process group; until the leader is waited for, the group's number is its own."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in tuple(self._open):
            self._close(stream)

    def _close(self, stream: IO[bytes]) -> None:
        self._selector.unregister(stream)
        self._open.discard(stream)
        stream.close()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put Ctrl-C off until the block has ended: what is in it is short, and not to be cut short."""
    came: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


@contextmanager
def _readable(content: bytes) -> Iterator[int | IO[bytes]]:
    """Give what reads as the content; a file, unlike a pipe, does not have to be kept filled."""
    if not content:
        yield subprocess.DEVNULL
        return
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def _not_started(command: Command, error: OSError) -> ProgramError:
    return ProgramError(
        f"{command.arguments[0]} cannot be started: {error.strerror}",
        hint=f"it was to run as: {command}",
    )
