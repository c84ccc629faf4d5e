"""Killed before any of its system calls, a promotion has committed everything or nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, ROOT, FleetCopy

if TYPE_CHECKING:
    from pathlib import Path

    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

Calls = list[tuple[str, str, str]]

FILE = "overlays/one/kustomization.yaml"
PROMOTE = ("promote", "v2", "--env", "one", "--commit")
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: shop}\n"
PARTS = 4
NEVER = 1_000_000
# What was staged and changed by somebody else, which stays.
THEIRS = ["A  new.txt", " M overlays/one/web.yaml"]
# The names of objects depend on them, and with these whether their folder is there already.
DATES = {"GIT_AUTHOR_DATE": "2030-01-01T00:00Z", "GIT_COMMITTER_DATE": "2030-01-01T00:00Z"}
LOCKS = ("index.lock", "HEAD.lock", "refs/heads/main.lock")


@pytest.fixture
def kept(small: SmallFleet) -> SmallFleet:
    """Give a small fleet that is committed, with changes of somebody else's beside it."""
    small.objects(OBJECT)
    small.git("config", "user.name", "A Promoter")
    small.git("config", "user.email", "promoter@example.test")
    small.commit()
    small.append("overlays/one/web.yaml", "# Mine.\n")
    small.write("new.txt", "staged")
    small.git("add", "new.txt")
    return small


def promote_killed(fleet: FleetCopy, number: int, whom: str) -> Calls:
    """Promote, and be killed before the call of that number; give the calls."""
    scratch = fleet.root.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    words = [sys.executable, "-m", "fleetops", "-C", str(fleet.root), *PROMOTE]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "killer.py", fleet.root, str(number), whom, *words],
        env=ENVIRONMENT | DATES | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(call) for call in json.loads(done.stdout)]


def copied(fleet: FleetCopy, folder: Path) -> FleetCopy:
    (folder / "tmp").mkdir(parents=True)
    shutil.copytree(fleet.root, folder / "repository", symlinks=True)
    return FleetCopy(folder / "repository")


def assert_whole(fleet: FleetCopy, start: str, old: str) -> None:
    """Everything is old, or new, or new but not yet committed; git finds nothing wrong in it."""
    new = old.replace("v1", "v2")
    head = fleet.git("rev-parse", "HEAD")
    text = fleet.read(FILE)
    lines = [line for line in fleet.git("status", "--porcelain").splitlines() if FILE in line]
    if head == start:
        assert (text, lines) in [(old, []), (new, [f" M {FILE}"]), (new, [f"M  {FILE}"])]
    else:
        # Nothing ever seems to take the new commit back.
        assert (text, lines) == (new, [])
        assert_promoted(fleet, start)
    fleet.git("fsck", "--strict", "--no-dangling")


def assert_promoted(fleet: FleetCopy, start: str) -> None:
    assert fleet.git("rev-parse", "HEAD^") == start
    assert fleet.git("show", "--format=%s", "--name-only").split("\n\n") == [
        "Promote v2 in one",
        f"{FILE}\n",
    ]


def assert_goes_on(fleet: FleetCopy, start: str) -> None:
    """The same call again ends what was begun, at once or when the lock that it names is gone."""
    done = fleet.run(*PROMOTE)
    for _ in LOCKS:
        if done.code == 0:
            break
        (lock,) = (lock for lock in LOCKS if f"fleetops: .git/{lock}: another git " in done.err)
        (fleet.root / ".git" / lock).unlink()
        done = fleet.run(*PROMOTE)
    assert done.code == 0, done.err
    assert_promoted(fleet, start)
    assert sorted(fleet.git("status", "--porcelain").splitlines()) == sorted(THEIRS)


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
        assert_goes_on(fleet, start)


def test_what_a_ref_leads_to_is_on_the_disk_before_the_ref(
    kept: SmallFleet, tmp_path: Path
) -> None:
    fleet = copied(kept, tmp_path / "whole")
    calls = [(name, path) for _, name, path in promote_killed(fleet, NEVER, "all")]
    moved = calls.index(("rename", ".git/refs/heads/main.lock"))
    written = {path for name, path in calls[:moved] if name == "write"}
    synced = {path for name, path in calls[:moved] if name == "fsync"}
    assert len([path for path in written if "/objects/" in path]) == 5
    assert {path for path in written if not path.startswith(".git/logs/")} <= synced
    assert fleet.git("rev-parse", "HEAD^") == kept.git("rev-parse", "HEAD")
