"""Whoever waits for longer than a moment sees how far it has come, and nothing of it stays."""

from __future__ import annotations

import os
import re
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from clusterhome import linked_programs
from fleetcopy import programs_on_path
from fleetops.api.diff import Request as Comparing
from fleetops.api.diff import compare
from fleetops.api.fleet import open_fleet
from fleetops.api.progress import Step
from fleetops.api.promote import Request as Promoting
from fleetops.api.promote import promote
from fleetops.api.propose import Wish
from fleetops.api.status import status
from fleetops.api.validate import Request, Since, validate
from smallfleet import SERVICE
from terminal import COLUMNS, Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

NAMES = ("one", "two", "three")
SLOW = 'sleep 2; exec $REAL "$@"'


@pytest.fixture
def several(small: SmallFleet) -> SmallFleet:
    """Give a fleet of three environments, each with other files than before."""
    small.objects(SERVICE)
    for name in NAMES[1:]:
        for file in ("kustomization.yaml", "web.yaml", "objects.yaml"):
            small.write(f"overlays/{name}/{file}", small.read(f"overlays/one/{file}"))
        more = f"  - {{name: {name}, overlay: overlays/{name}, kubernetes: ['1.37']}}\n"
        small.append("fleetops.yaml", more)
    small.commit()
    for name in NAMES:
        small.append(f"overlays/{name}/objects.yaml", "# another\n")
    return small


def test_what_is_done_is_told_one_by_one(
    several: SmallFleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(linked_programs(tmp_path / "cache").parent))
    fleet = open_fleet(several.root)
    for call, doings in (
        # Before anything is remembered of what is rendered.
        (lambda tell: status(fleet, (), None, tell), {"rendering"}),
        (lambda tell: validate(fleet, Request(), tell), {"reading", "validating"}),
        (
            lambda tell: validate(fleet, Request(since=Since("HEAD")), tell),
            {"reading", "validating", "comparing"},
        ),
        (lambda tell: compare(fleet, Comparing(), tell), {"reading", "comparing"}),
        (
            lambda tell: promote(fleet, Promoting(Wish("v2", NAMES), dry_run=True), tell),
            {"rendering", "proving", "checking", "comparing"},
        ),
    ):
        told: list[str | Step] = []
        call(told.append)
        steps = [one for one in told if isinstance(one, Step)]
        assert {one.doing for one in steps if one.total} == doings
        for doing in doings:
            # While something is waited for, it is told again.
            counts = [done for done, _ in groupby(one.done for one in steps if one.doing == doing)]
            (total,) = {one.total for one in steps if one.doing == doing}
            # What is read may be read of the state before, too.
            assert counts in ([*range(total + 1)], [*range(total + 1)] * 2)
            assert total == (6 if doing == "rendering" and len(doings) > 1 else 3)


def test_a_terminal_shows_it_in_a_line_that_is_gone_at_the_end(
    several: SmallFleet, tmp_path: Path
) -> None:
    programs = programs_on_path(tmp_path, kustomize=SLOW)
    with Terminal.running(several, "validate", **programs) as terminal:
        # While a single kustomize is waited for, too.
        terminal.wait_for(b"validating 0 of 3 environments")
        assert terminal.end() == (0, "one, two, three: 9 manifests, ok\n")
    assert terminal.lines == [""]
    shown = re.split(r"\r|\x1b\[K", terminal.written.decode())
    assert max(map(len, shown)) < COLUMNS


@pytest.mark.parametrize(
    ("program", "shown"),
    [("kustomize", b"validating 0 of 3"), ("kubeconform", b"checking 9 manifests by their sch")],
)
def test_ctrl_c_ends_every_program_and_leaves_no_half_line(
    several: SmallFleet, tmp_path: Path, program: str, shown: bytes
) -> None:
    script = f"echo $$ >> {tmp_path}/started; exec sleep 600"
    programs = programs_on_path(tmp_path, **{program: script})
    with Terminal.running(several, "validate", **programs) as terminal:
        terminal.wait_for(shown)
        terminal.press(b"\x03")
        assert terminal.end() == (130, "")
    assert terminal.lines == [""]
    started = (tmp_path / "started").read_text().split()
    assert started
    for number in started:
        with pytest.raises(ProcessLookupError):
            os.kill(int(number), 0)
    assert list((several.root.parent / "tmp").iterdir()) == []


def test_a_terminal_that_cannot_rewrite_a_line_is_left_alone(
    several: SmallFleet, tmp_path: Path
) -> None:
    programs = programs_on_path(tmp_path, kustomize=SLOW)
    with Terminal.running(several, "validate", TERM="dumb", **programs) as terminal:
        assert terminal.end()[0] == 0
    assert terminal.written == b""
