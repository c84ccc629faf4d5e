"""How far a command has come is said in time, in a few words, and not too often."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fleetops.api.progress import Progress, Step
from fleetops.cli import progress, session
from fleetops.cli.progress import Display, said
from fleetops.cli.session import Session

STEP = Step("validating", 100, 2000)


class Clock:
    """Is set by the test."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (progress, session):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.mark.parametrize(
    ("step", "first", "seconds", "words"),
    [
        (STEP, STEP, 5, "validating 100 of 2000 environments"),
        (STEP, Step("validating", 0, 2000), 4, "validating 100 of 2000 environments, 76 s left"),
        (STEP, Step("validating", 50, 2000), 1, "validating 100 of 2000 environments, 38 s left"),
        (STEP, Step("validating", 0, 2000), 60, "validating 100 of 2000 environments, 19 min left"),
        (Step("reading", 9, 9), Step("reading", 0, 9), 60, "reading 9 of 9 environments"),
        (
            Step("rendering", 0, 1, "overlay"),
            Step("rendering", 0, 1),
            60,
            "rendering 0 of 1 overlay",
        ),
        (Step("checking 9 manifests", 0, 0), STEP, 60, "checking 9 manifests, 60 s"),
        (Step("checking 9 manifests", 0, 0), STEP, 600, "checking 9 manifests, 10 min"),
    ],
)
def test_it_is_said_how_long_it_takes_yet(
    step: Step, first: Step, seconds: float, words: str
) -> None:
    assert said(step, first, 1000.0, 1000.0 + seconds) == words


def test_in_the_first_second_nothing_is_shown(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Session()
    clock.now += 0.9
    one.narrate(STEP)
    assert one._display is None
    clock.now += 0.2
    one.narrate(STEP)
    assert one._display is not None
    assert capsys.readouterr() == ("", "")


def test_a_log_has_a_line_after_ten_seconds_and_then_every_thirty(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    display = Display(clock.now)
    seen = []
    for second in range(100):
        clock.now += 1.0
        display.show(Step("validating", second, 2000))
        seen += [second + 1] if capsys.readouterr().err else []
    assert seen == [10, 40, 70, 100]
    display.erase()
    assert capsys.readouterr() == ("", "")


def test_a_line_that_is_said_stands_alone(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Session()
    clock.now += 2.0
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    one.narrate(STEP)
    one.narrate("building kustomize")
    one.narrate(STEP)
    clock.now += 2.0
    one.narrate(STEP)
    one.erase()
    words = "validating 100 of 2000 environments"
    shown = f"\r{words}\x1b[K\r\x1b[K"
    assert capsys.readouterr().err == f"{shown}building kustomize\n{shown}"


def test_waiting_tells_the_last_step_again() -> None:
    told: list[str | Step] = []
    one = Progress(told.append)
    one.wait(1.0)
    assert told == []
    assert list(one.counted("reading", "ab", 3, done=1)) == ["a", "b"]
    one.wait(1.0)
    one.begin("checking")
    one.wait(1.0)
    counts = [Step("reading", done, 3) for done in (1, 2, 3, 3)]
    assert told == [*counts, *[Step("checking", 0, 0)] * 2]
