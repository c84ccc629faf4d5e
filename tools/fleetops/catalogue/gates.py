"""The gates of an environment: what is asked for before a release comes into it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta, Struct, field

from fleetops.catalogue import windows
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fleetops.errors import Place

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}

Moment = Annotated[
    str,
    Meta(
        pattern=windows.MOMENT,
        description="In that zone, as in `2026-12-20 08:00` or, for every week, `friday 16:00`.",
    ),
]
Zone = Annotated[
    str,
    Meta(
        pattern=r"^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$(?!\n)",
        description="A time zone of the IANA database, as in Europe/Berlin, or UTC.",
    ),
]
Duration = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,3}[mhd]$(?!\n)", description="A duration, as in 30m, 24h or 7d."),
]


class Freeze(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time in which no release comes into the environment: once, or every week."""

    start: Moment = field(name="from")
    end: Moment = field(name="to")
    """The first minute in which a release may come again."""
    zone: Zone
    reason: Annotated[
        str,
        Meta(min_length=10, description="Why, for whoever meets it, in ten characters or more."),
    ]

    def end_at(self, time: datetime) -> datetime | None:
        """Say when it ends, None where it does not hold at that time."""
        for begin, end in windows.around(self.start, self.end, windows.zone(self.zone), time):
            if begin <= time < end:
                return end
        return None

    def is_over(self, time: datetime) -> bool:
        """Tell whether it never holds again."""
        spans = windows.around(self.start, self.end, windows.zone(self.zone), time)
        return all(end <= time for _, end in spans)


class Gates(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for before a release comes into an environment."""

    runs_before: Duration | None = None
    """How long it has to run in the environment before, by Git."""
    freeze: tuple[Freeze, ...] = ()
    """When none comes."""
    approvals: Literal["codeowners"] | None = None
    """That a CODEOWNERS file gives every file of the overlay an owner."""

    @property
    def seasoning(self) -> timedelta | None:
        """`runs_before` as a time."""
        if self.runs_before is None:
            return None
        return timedelta(**{_UNITS[self.runs_before[-1]]: int(self.runs_before[:-1])})


def judge_gates(gates: Gates, *, first: bool, place: Callable[..., Place]) -> None:
    """Refuse what cannot be asked for; `place` finds the line of a path in the gates.

    Raises InputError: for a time that there is not, or twice, and for an environment before the
    first.
    """
    if first and gates.runs_before:
        raise InputError("there is no environment before this one", place=place("runs_before"))
    for index, freeze in enumerate(gates.freeze):
        try:
            wrong = windows.judge(freeze.start, freeze.end, windows.zone(freeze.zone))
        except LookupError:
            raise InputError(
                f"there is no time zone {freeze.zone}",
                place=place("freeze", index, "zone"),
                hint="name one as in Europe/Berlin; if no name is known, install tzdata",
            ) from None
        if wrong:
            raise InputError(wrong[1], place=place("freeze", index, wrong[0]))
