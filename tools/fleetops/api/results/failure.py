"""What a user has to put right, or the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results.base import Result
from fleetops.api.results.findings import Finding  # noqa: TC001 - the types of fields, which msgspec reads

if TYPE_CHECKING:
    from fleetops.errors import FleetopsError


class Failure(Result, frozen=True, kw_only=True, tag="error"):
    """What is printed instead of a result where there is none."""

    message: str
    file: str | None = None
    line: int | None = None
    log: tuple[str, ...] = ()
    """The last lines of the program that it is about."""
    hint: str | None = None
    exit_code: int
    findings: tuple[Finding, ...] = ()
    """What refused the promotion, where checks did."""


def failure(error: FleetopsError) -> Failure:
    """Make a result of an error."""
    return Failure(
        # What stood on the command line need not be text.
        message=error.message.encode(errors="backslashreplace").decode(),
        file=error.place.path if error.place else None,
        line=error.place.line if error.place else None,
        log=tuple(error.log),
        hint=error.hint,
        exit_code=error.exit_code,
        findings=getattr(error, "findings", ()),
    )
