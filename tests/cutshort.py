"""A promotion that is cut short anywhere: what may be left of it, and how it goes on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from fleetcopy import ENVIRONMENT, FleetCopy

if TYPE_CHECKING:
    from pathlib import Path

    from smallfleet import SmallFleet

FILE: Final = "overlays/one/kustomization.yaml"
BRANCH: Final = "promote/one/v2"
PROMOTE: Final = ("promote", "v2", "--env", "one")
# What was staged and changed by somebody else, which stays.
THEIRS: Final = ["A  new.txt", " M overlays/one/web.yaml"]
# The names of objects depend on them, and with these whether their folder is there already.
DATES: Final = {"GIT_AUTHOR_DATE": "2030-01-01T00:00Z", "GIT_COMMITTER_DATE": "2030-01-01T00:00Z"}
LOCKS: Final = ("index.lock", "HEAD.lock", "refs/heads/main.lock", f"refs/heads/{BRANCH}.lock")
_OBJECT: Final = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: shop}\n"


def keep(small: SmallFleet) -> SmallFleet:
    """Commit a small fleet, and change something of somebody else's beside it."""
    small.objects(_OBJECT)
    small.git("config", "user.name", "A Promoter")
    small.git("config", "user.email", "promoter@example.test")
    small.commit()
    small.append("overlays/one/web.yaml", "# Mine.\n")
    small.write("new.txt", "staged")
    small.git("add", "new.txt")
    return small


def copied(fleet: FleetCopy, folder: Path) -> FleetCopy:
    """Copy a repository into a folder that is not there yet."""
    (folder / "tmp").mkdir(parents=True)
    shutil.copytree(fleet.root, folder / "repository", symlinks=True)
    return FleetCopy(folder / "repository")


def environment(folder: Path) -> dict[str, str]:
    """Give an environment whose temporary files are in the folder."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return ENVIRONMENT | DATES | {"TMPDIR": str(scratch)}


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
        assert_promotion(fleet, "HEAD", start)
    if fleet.git("branch", "--list", BRANCH):
        assert (head, text) == (start, old)
        assert_promotion(fleet, BRANCH, start)
    fleet.git("fsck", "--strict", "--no-dangling")


def assert_promotion(fleet: FleetCopy, commit: str, start: str) -> None:
    """The commit is a whole promotion after the one at the start."""
    assert fleet.git("rev-parse", f"{commit}^") == start
    assert fleet.git("show", "--format=%s", "--name-only", commit).split("\n\n") == [
        "Promote v2 in one",
        f"{FILE}\n",
    ]


def assert_goes_on(fleet: FleetCopy, *way: str) -> None:
    """The same call again ends what was begun, at once or when the lock that it names is gone."""
    start = fleet.git("rev-list", "--max-parents=0", "HEAD")
    done = fleet.run(*PROMOTE, *way)
    for _ in LOCKS:
        if done.code == 0:
            break
        (lock,) = (lock for lock in LOCKS if f".git/{lock}" in done.err)
        (fleet.root / ".git" / lock).unlink()
        done = fleet.run(*PROMOTE, *way)
    assert done.code == 0, done.err
    if way:
        assert_promotion(fleet, BRANCH if way == ("--branch",) else "HEAD", start)
    left = [] if way else [f" M {FILE}"]
    assert sorted(fleet.git("status", "--porcelain").splitlines()) == sorted([*THEIRS, *left])
