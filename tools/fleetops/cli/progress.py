"""How far a command has come, on stderr: a line that is rewritten, or one now and then in a log."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from fleetops.words import count

if TYPE_CHECKING:
    from fleetops.api.progress import Step

_REWRITTEN_EVERY: Final = 0.1
_FIRST_LOGGED: Final = 10.0
_LOGGED_EVERY: Final = 30.0
_TOLD_IN_MINUTES: Final = 90.0
_WIDTH: Final = 80
"""Of a terminal that does not say."""


class Display:
    """Shows the steps of one command; times are those of the monotonic clock, in seconds."""

    def __init__(self, started: float) -> None:
        self._rewrites = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._next = 0.0 if self._rewrites else started + _FIRST_LOGGED
        self._first: tuple[Step, float] | None = None
        self._last: Step | None = None
        self._shown = False

    def show(self, step: Step) -> None:
        """Show a step, unless the last one was shown just now."""
        now = time.monotonic()
        last, self._last = self._last, step
        if self._first is None or last is None or not _goes_on(last, step):
            self._first = step, now
        if now < self._next:
            return
        self._next = now + (_REWRITTEN_EVERY if self._rewrites else _LOGGED_EVERY)
        line = said(step, *self._first, now)
        if self._rewrites:
            # One less than fit: a full line would be wrapped, and the rest of it stay.
            self._shown = True
            self._write(f"\r{line[: _columns() - 1]}\x1b[K")
        else:
            self._write(f"{line}\n")

    def erase(self) -> None:
        """Take away what is shown."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    @staticmethod
    def _write(text: str) -> None:
        # That nobody can see it is no reason not to go on.
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _goes_on(last: Step, step: Step) -> bool:
    return last.doing == step.doing and last.done <= step.done


def said(step: Step, first: Step, began: float, now: float) -> str:
    """Say how far it has come, and how long it takes yet, or has taken if that cannot be known."""
    seconds = now - began
    if not step.total:
        return f"{step.doing}, {_duration(seconds)}"
    line = f"{step.doing} {step.done} of {count(step.total, step.thing)}"
    done = step.done - first.done
    if not done or step.done == step.total:
        return line
    return f"{line}, {_duration(seconds / done * (step.total - step.done))} left"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _TOLD_IN_MINUTES else f"{seconds / 60:.0f} min"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _WIDTH
    except OSError:
        return _WIDTH
