"""Killed before any of its system calls, a promotion has committed everything or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cutshort import FILE, PROMOTE, assert_goes_on, assert_whole, copied, environment, keep
from fleetcopy import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy
    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

Calls = list[tuple[str, str, str]]

PARTS = 4
NEVER = 1_000_000


@pytest.fixture
def kept(small: SmallFleet) -> SmallFleet:
    return keep(small)


def promote_killed(fleet: FleetCopy, number: int, whom: str) -> Calls:
    """Promote, and be killed before the call of that number; give the calls."""
    words = [sys.executable, "-m", "fleetops", "-C", str(fleet.root), *PROMOTE, "--commit"]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "killer.py", fleet.root, str(number), whom, *words],
        env=environment(fleet.root.parent),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(call) for call in json.loads(done.stdout)]


@pytest.mark.parametrize("whom", ["all", "leader"])
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_anywhere_it_is_wholly_old_or_new_and_goes_on(
    part: int, whom: str, kept: SmallFleet, tmp_path: Path
) -> None:
    start, old = kept.git("rev-parse", "HEAD"), kept.read(FILE)
    calls = promote_killed(copied(kept, tmp_path / "whole"), NEVER, whom)
    assert {"rename", "link", "fsync", "unlink"} <= {name for _, name, _ in calls}
    # What goes on without its leader ends what it does, so that fewer calls tell as much.
    step = {"all": PARTS, "leader": 3 * PARTS}[whom]
    for number in range(part, len(calls), step):
        fleet = copied(kept, tmp_path / str(number))
        assert len(promote_killed(fleet, number, whom)) > number
        assert_whole(fleet, start, old)
        if number // step % 2 == 0:
            assert_goes_on(fleet, "--commit")
