"""How far another commit is from the work tree's, as the real git counts it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT
from fleetops.git.history import Distance, open_history

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.git.history import History

AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *AUTHOR, *words],  # noqa: S607
        cwd=folder,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(folder: Path, file: str) -> str:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{path.read_text() if path.exists() else ''}more\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", file)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def history(root: Path) -> History:
    found = open_history(root)
    assert found is not None
    return found


def test_a_commit_is_the_same_behind_ahead_or_beside(root: Path) -> None:
    first = commit(root, "one")
    second = commit(root, "two")
    third = commit(root, "three")
    git(root, "checkout", "--quiet", "-b", "other", first)
    beside = commit(root, "four")
    git(root, "checkout", "--quiet", second)
    found = history(root)
    assert found.head == second
    assert found.distance(second) == Distance("same")
    assert found.distance(first) == Distance("behind", 1, 0)
    assert found.distance(third) == Distance("ahead", 0, 1)
    assert found.distance(beside) == Distance("diverged", 1, 1)
    assert found.distance("a" * 40) == Distance("absent")


def test_what_is_no_commit_is_absent(root: Path) -> None:
    commit(root, "one")
    blob = git(root, "rev-parse", "HEAD:one")
    assert history(root).distance(blob) == Distance("absent")


def test_the_files_that_differ_are_those_below_the_folder(root: Path) -> None:
    first = commit(root, "fleet/one")
    commit(root, "fleet/zwei ü\n")
    commit(root, "other/three")
    found = history(root / "fleet")
    assert found.prefix == "fleet/"
    assert found.changed_since(first) == {"zwei ü\n"}
    assert history(root).changed_since(first) == {"fleet/zwei ü\n", "other/three"}


def test_a_shallow_clone_is_known_for_one(root: Path) -> None:
    commit(root, "one")
    commit(root, "two")
    assert not history(root).is_shallow
    git(root, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    assert history(root / "shallow").is_shallow


def test_the_remotes_are_known(root: Path) -> None:
    commit(root, "one")
    assert history(root).remotes == ()
    git(root, "remote", "add", "origin", "https://git.example/team/fleet.git")
    git(root, "remote", "add", "a.b", "git@git.example:other/fleet")
    urls = {"https://git.example/team/fleet.git", "git@git.example:other/fleet"}
    assert set(history(root).remotes) == urls


def test_without_a_commit_there_is_no_history(root: Path) -> None:
    assert open_history(root) is None
