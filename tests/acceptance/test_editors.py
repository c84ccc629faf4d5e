"""An editor that saves an overlay's file while it is promoted loses nothing, whenever that is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cutshort import FILE, PROMOTE, THEIRS, assert_promotion, copied, environment, keep
from fleetcopy import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy
    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

NEVER = 1_000_000
TEMPORARY = "overlays/one/.kustomization.yaml.fleetops"
SAVING = {
    "in place": 'cat "{edited}" > {file}',
    "renamed": 'cp "{edited}" {file}~ && mv {file}~ {file}',
}
REFUSED = ("was changed by somebody else meanwhile", "has changes that are not committed")
EVERY = 12
"""Of the calls before the file is written, git's for the commit's objects."""


@pytest.fixture
def edited(tmp_path: Path, small: SmallFleet) -> Path:
    """Give what an editor saves, who has read the file before."""
    path = tmp_path / "edited"
    path.write_text(f"{small.read(FILE)}# Edited.\n")
    return path


def promote_disturbed(
    fleet: FleetCopy, number: int, script: str, *way: str
) -> tuple[int, str, list[tuple[str, str]]]:
    """Promote, with a script that runs before the call of that number; give code, words, calls."""
    words = [sys.executable, "-m", "fleetops", "-C", str(fleet.root), *PROMOTE, *way]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "meddler.py", fleet.root, str(number), script, *words],
        env=environment(fleet.root.parent),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr, [tuple(call) for call in json.loads(done.stdout)]


@pytest.mark.parametrize("saving", SAVING)
@pytest.mark.parametrize("way", [(), ("--commit",)], ids=["plain", "commit"])
def test_what_an_editor_saves_is_there_and_in_no_commit(
    way: tuple[str, ...], saving: str, small: SmallFleet, edited: Path, tmp_path: Path
) -> None:
    kept = keep(small)
    start, old = kept.git("rev-parse", "HEAD"), kept.read(FILE)
    script = SAVING[saving].format(edited=edited, file=FILE)
    whole = copied(kept, tmp_path / "whole")
    code, said, calls = promote_disturbed(whole, NEVER, script, *way)
    assert (code, whole.read(FILE)) == (0, old.replace("v1", "v2")), said
    written = calls.index(("openat", TEMPORARY))
    there = calls.index(("renameat2", TEMPORARY))
    for number in (*range(0, written, EVERY), *range(written, len(calls))):
        fleet = copied(kept, tmp_path / str(number))
        code, said, _ = promote_disturbed(fleet, number, script, *way)
        assert code == (0 if number > there else 1), said
        assert code == 0 or any(f"{FILE}: {words}" in said for words in REFUSED)
        assert fleet.read(FILE) == edited.read_text()
        assert not (fleet.root / TEMPORARY).exists()
        if code == 0 and way:
            assert_promotion(fleet, "HEAD", start)
            assert fleet.git("show", f"HEAD:{FILE}") == old.replace("v1", "v2")
        else:
            assert fleet.git("rev-parse", "HEAD") == start
        assert sorted(fleet.git("status", "--porcelain").splitlines()) == sorted(
            [*THEIRS, f" M {FILE}"]
        )
