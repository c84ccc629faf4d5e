"""Times of a wall clock, once or every week, as spans of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOMENT: Final = (
    rf"^(2[0-9]{{3}}-[01][0-9]-[0-3][0-9]|{'|'.join(DAYS)}) ([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)"
)
"""A date of this millennium or the name of a day, and a time."""

_WEEK: Final = timedelta(days=7)
_MONDAY: Final = datetime(2001, 1, 1)  # noqa: DTZ001 - a wall clock's


def zone(name: str) -> ZoneInfo:
    """Find a time zone; LookupError where there is none of that name."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        raise LookupError(name) from None


def is_weekly(moment: str) -> bool:
    """Tell whether a moment comes every week."""
    return moment.partition(" ")[0] in DAYS


def judge(start: str, end: str, where: ZoneInfo) -> tuple[str, str] | None:
    """Say what is wrong with a span: `from` or `to`, and why; None where nothing is."""
    for key, moment in (("from", start), ("to", end)):
        if not is_weekly(moment) and (wrong := _wrong(moment, where)):
            return key, f"{moment} {wrong}"
    if is_weekly(start) != is_weekly(end):
        return "to", f"{start} and {end} are not both dates, or both days of the week"
    if _wall(start) == _wall(end):
        return "to", f"{end} is where it begins; for a whole week, name the minute before"
    if not is_weekly(start) and _wall(start) > _wall(end):
        return "to", f"{end} is before it begins"
    return None


def around(
    start: str, end: str, where: ZoneInfo, time: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Give the spans near a time, in UTC; of those that have nothing wrong with them.

    Where a clock is put forward or back over an end of a week's span, the span is the longer one.
    """
    begin, stop = _wall(start), _wall(end)
    if not is_weekly(start):
        yield _earliest(begin, where), _latest(stop, where)
        return
    local = time.astimezone(where).replace(tzinfo=None)
    length = (stop - begin) % _WEEK
    latest = begin + (local - begin) // _WEEK * _WEEK
    # The one before may reach here, and the next may begin an hour early.
    for one in (latest - _WEEK, latest, latest + _WEEK):
        yield _earliest(one, where), _latest(one + length, where)


def _wall(moment: str) -> datetime:
    """Read a moment as a wall clock shows it, a weekly one in a week of old."""
    day, _, time = moment.partition(" ")
    if day not in DAYS:
        return datetime.strptime(moment, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - likewise
    hours, minutes = map(int, time.split(":"))
    return _MONDAY + timedelta(days=DAYS.index(day), hours=hours, minutes=minutes)


def _wrong(moment: str, where: ZoneInfo) -> str | None:
    try:
        wall = _wall(moment)
    except ValueError:
        return "is no date"
    if _earliest(wall, where) == _latest(wall, where):
        return None
    back = _earliest(wall, where).astimezone(where).replace(tzinfo=None)
    return f"is there twice in {where.key}" if back == wall else f"is not there in {where.key}"


def _earliest(wall: datetime, where: ZoneInfo) -> datetime:
    return min(_readings(wall, where))


def _latest(wall: datetime, where: ZoneInfo) -> datetime:
    return max(_readings(wall, where))


def _readings(wall: datetime, where: ZoneInfo) -> list[datetime]:
    """Give the times that a wall clock's may be: two where clocks are put forward or back."""
    return [wall.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (0, 1)]
