"""Which programs there are."""

from __future__ import annotations

from msgspec import Struct

from fleetops.api.results.base import Result


class ProgramStatus(Struct, frozen=True, kw_only=True):
    """What there is of a program."""

    name: str
    accepted: str
    """The versions that fleetops works with."""
    version: str | None
    path: str | None
    origin: str | None
    note: str | None
    fix: str | None
    """The one command that puts it right."""
    optional: bool = False
    """Only Helm charts or `fleetops cluster` need it."""


class Doctor(Result, frozen=True, kw_only=True, tag="doctor"):
    """The programs that fleetops needs."""

    ok: bool
    programs: tuple[ProgramStatus, ...]
