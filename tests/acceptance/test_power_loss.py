"""Whatever was not synced when the power went, a promotion is wholly there or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import powerloss
from cutshort import FILE, PROMOTE, assert_goes_on, assert_whole, environment, keep
from fleetcopy import ROOT, FleetCopy

if TYPE_CHECKING:
    from pathlib import Path

    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

WAYS: tuple[tuple[str, ...], ...] = ((), ("--commit",), ("--branch",))
EVERY = 10
"""As many states are looked at for one with which it goes on."""


@pytest.mark.parametrize("way", WAYS, ids=["plain", "commit", "branch"])
def test_whatever_a_loss_of_power_leaves_is_whole_and_goes_on(
    way: tuple[str, ...], small: SmallFleet, tmp_path: Path
) -> None:
    kept = keep(small)
    start, old = kept.git("rev-parse", "HEAD"), kept.read(FILE)
    words = [sys.executable, "-m", "fleetops", "-C", str(kept.root), *PROMOTE, *way]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "recorder.py", kept.root, *words],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for number, state in enumerate(powerloss.states(json.loads(done.stdout))):
        (tmp_path / str(number) / "tmp").mkdir(parents=True)
        fleet = FleetCopy(tmp_path / str(number) / "repository")
        powerloss.write(state, fleet.root)
        assert_whole(fleet, start, old)
        if not way or number % EVERY == 0:
            assert_goes_on(fleet, *way)
    assert_whole(kept, start, old)
