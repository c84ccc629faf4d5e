"""The one tree of errors: what went wrong, where, and what to do next.

Whatever a user can cause is raised as one of these and caught in one place, `fleetops.__main__`,
which prints it and exits with the code of its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Place(Struct, frozen=True, order=True):
    """A place in a file of the repository."""

    path: str
    """The file, relative to the repository where it is inside it."""
    line: int | None = None
    """Counted from 1; None where the whole file is meant."""

    def __str__(self) -> str:
        """Say the place as compilers do."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


class FleetopsError(Exception):
    """Something that the user can put right."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        log: Sequence[str] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.log = log
        self.hint = hint

    def __str__(self) -> str:
        """Say where and what, and on lines of their own what a program said and what to do next."""
        log = [f"    {line}" for line in self.log]
        return "\n".join([self.summary, *log, *([f"  {self.hint}"] if self.hint else ())])

    @property
    def summary(self) -> str:
        """Where and what, in a line."""
        return f"{self.place}: {self.message}" if self.place else self.message


class InputError(FleetopsError):
    """A file of the repository cannot be used as it is. Exit code 1."""


class RefusedError(FleetopsError):
    """The change was not made, because a proof or a check failed. Exit code 1."""


class UsageError(FleetopsError):
    """The command line asks for something that does not exist. Exit code 2."""

    exit_code = 2


class ProgramError(FleetopsError):
    """An external program is missing, cannot be built, or does not answer. Exit code 3."""

    exit_code = 3


class ExceededError(ProgramError):
    """An external program took more time or printed more than it may. Exit code 3."""
