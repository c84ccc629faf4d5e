"""Times of a wall clock, over changes of the clock too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleetops.catalogue import windows
from fleetops.catalogue.gates import Freeze, Gates

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
"""Lord Howe's clock is put forward by half an hour; Apia left out 30 December 2011."""
WEEK = 7 * 24 * 60

moments = st.builds(
    lambda day, hour, minute: f"{day} {hour:02}:{minute:02}",
    st.sampled_from(windows.DAYS),
    st.integers(0, 23),
    st.integers(0, 59),
)
times = st.integers(1_300_000_000, 1_900_000_000).map(lambda one: datetime.fromtimestamp(one, UTC))


def freeze(start: str, end: str, zone: str) -> Freeze:
    return Freeze(start=start, end=end, zone=zone, reason="It is a test.")


def minute_of_week(wall: datetime) -> int:
    return (wall.weekday() * 24 + wall.hour) * 60 + wall.minute


def minute_of(moment: str) -> int:
    day, _, time = moment.partition(" ")
    return (windows.DAYS.index(day) * 24 + int(time[:2])) * 60 + int(time[3:])


def is_quiet(time: datetime, zone: str) -> bool:
    """Tell whether no clock is changed in the fortnight around."""
    where = windows.zone(zone)
    offsets = {
        (time + timedelta(hours=one)).astimezone(where).utcoffset() for one in range(-200, 200)
    }
    return len(offsets) == 1


@settings(deadline=None)
@given(moments, moments, st.sampled_from(ZONES), times)
def test_a_week_is_that_of_the_wall_clock(start: str, end: str, zone: str, time: datetime) -> None:
    first, last = minute_of(start), minute_of(end)
    if first == last or not is_quiet(time, zone):
        return
    now = minute_of_week(time.astimezone(windows.zone(zone)))
    inside = (now - first) % WEEK < (last - first) % WEEK
    assert (freeze(start, end, zone).end_at(time) is not None) == inside


@settings(deadline=None)
@given(moments, moments, st.sampled_from(ZONES), times)
@example("sunday 02:30", "sunday 02:45", "Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
@example("sunday 02:30", "sunday 02:45", "Europe/Berlin", datetime(2026, 10, 25, 1, 0, tzinfo=UTC))
@example("friday 00:00", "friday 12:00", "Pacific/Apia", datetime(2011, 12, 30, 11, 0, tzinfo=UTC))
def test_no_change_of_the_clock_opens_a_window(
    start: str, end: str, zone: str, time: datetime
) -> None:
    where = windows.zone(zone)
    if start == end:
        return
    for begin, stop in windows.around(start, end, where, time):
        assert begin < stop
        # What shows between the two on the wall is inside, whichever of two times it is.
        for part in range(1, 8):
            inside = begin + (stop - begin) * part / 8
            assert freeze(start, end, zone).end_at(inside) is not None
    found = freeze(start, end, zone).end_at(time)
    assert found is None or found > time
    shown = minute_of_week(time.astimezone(where))
    if (shown - minute_of(start)) % WEEK < (minute_of(end) - minute_of(start)) % WEEK:
        assert found is not None


@pytest.mark.parametrize(
    ("time", "end"),
    [
        ("2026-03-27T14:59", None),
        ("2026-03-27T15:00", "2026-03-30T06:00"),
        ("2026-03-30T05:59", "2026-03-30T06:00"),
        ("2026-03-30T06:00", None),
        ("2026-10-23T14:00", "2026-10-26T07:00"),
        ("2026-10-26T06:59", "2026-10-26T07:00"),
        ("2026-10-26T07:00", None),
    ],
)
def test_a_weekend_over_which_the_clock_is_changed(time: str, end: str | None) -> None:
    found = freeze("friday 16:00", "monday 08:00", "Europe/Berlin").end_at(
        datetime.fromisoformat(f"{time}+00:00")
    )
    assert found == (end and datetime.fromisoformat(f"{end}+00:00"))


def test_a_minute_that_is_there_twice_is_frozen_twice() -> None:
    one = freeze("sunday 02:30", "sunday 02:45", "Europe/Berlin")
    inside = [datetime(2026, 10, 25, hour, 35, tzinfo=UTC) for hour in (0, 1)]
    assert all(one.end_at(time) for time in inside)
    assert not one.end_at(datetime(2026, 10, 25, 1, 45, tzinfo=UTC))


def test_dates_are_those_of_their_zone() -> None:
    one = freeze("2026-12-20 00:00", "2027-01-04 08:00", "America/New_York")
    assert not one.end_at(datetime(2026, 12, 20, 4, 59, tzinfo=UTC))
    assert one.end_at(datetime(2026, 12, 20, 5, 0, tzinfo=UTC)) == datetime(
        2027, 1, 4, 13, tzinfo=UTC
    )
    assert not one.end_at(datetime(2027, 1, 4, 13, tzinfo=UTC))


@pytest.mark.parametrize(
    ("word", "time"),
    [("30m", timedelta(minutes=30)), ("24h", timedelta(days=1)), ("7d", timedelta(days=7))],
)
def test_how_long_is_asked(word: str, time: timedelta) -> None:
    assert Gates(runs_before=word).seasoning == time
    assert Gates().seasoning is None
