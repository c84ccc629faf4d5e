"""Going back over commits: what they changed, and the files that they have."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fleetops.errors import InputError
from fleetops.git import export, open_git
from fleetops.git.log import signatures, steps
from fleetops.git.pulls import pull_request
from fleetops.git.replica import Replica
from pastfleet import PastFleet

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> PastFleet:
    """Give a repository without a commit."""
    return PastFleet.make(tmp_path)


def test_goes_back_to_the_first_commit_in_their_order(repository: PastFleet) -> None:
    commits = [repository.record() for _ in range(70)]
    found = list(steps(open_git(repository.root), commits[-1]))
    assert [one.commit for one in found] == commits[::-1]
    assert [one.parent for one in found] == [*commits[-2::-1], None]
    assert "fleetops.yaml" in found[-1].before


def test_commits_say_who_and_when(repository: PastFleet) -> None:
    commits = [repository.record(f"One\ntwo\n\nbody {number}\n", "Ädä") for number in range(2)]
    found = signatures(open_git(repository.root), commits)
    assert [found[one].body for one in commits] == ["body 0\n", "body 1\n"]
    assert (found[commits[0]].author, found[commits[0]].subject) == ("Ädä", "One two")
    assert str(found[commits[1]].when) == "2026-05-29 20:26:40+00:00"


PATHS = ("a", "a/b", "a/kustomization.yaml", "b/c/d", "b/kustomization.yaml", "b/c", "link", "b/l")


@pytest.mark.parametrize("seed", range(4))
def test_holds_what_an_export_would_as_far_as_it_is_of_use(
    seed: int, repository: PastFleet, tmp_path: Path
) -> None:
    dice = random.Random(seed)  # noqa: S311
    for number in range(30):
        path = dice.choice(PATHS)
        place = repository.root / path
        repository.git("rm", "-rq", "--ignore-unmatch", "--force", "--", path)
        for above in (*place.parents,):
            if above.is_symlink() or above.is_file():
                above.unlink()
        if dice.random() < 0.3:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(dice.choice(("a", "../b", "/nowhere")))
        elif dice.random() < 0.7:
            repository.write(path, str(number))
        repository.record()
    git = open_git(repository.root)
    (tmp_path / "replica").mkdir()
    head = git.commit("HEAD")
    replica = Replica(git, head, (tmp_path / "replica").resolve(), ("kustomization.yaml",))
    for step in steps(git, head):
        if dice.random() < 0.5:
            replica.bring("fleetops.yaml")
            folder = tmp_path / step.commit
            folder.mkdir()
            export(git, step.commit, folder)
            whole, part = _files(folder), _files(replica.root)
            assert part.items() <= whole.items()
            wanted = {path for path in whole if replica.is_of_use(path)}
            assert wanted <= part.keys()
            marked = {
                path.rpartition("/")[0] for path in whole if path.endswith("kustomization.yaml")
            }
            assert all(path in part for path in whole if set(_above(path)) & marked)
        replica.go_back(step)


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): f"-> {path.readlink()}"
        if path.is_symlink()
        else path.read_text()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: index + 1]) for index in range(len(parts))]


def test_never_writes_through_a_link_of_a_tree_with_the_same_name_twice(
    repository: PastFleet, tmp_path: Path
) -> None:
    """Git itself makes no such tree, and takes it: `x` is a link in one commit and both before."""
    outside = tmp_path / "outside"
    outside.mkdir()
    git = repository.git
    link = _object(repository, "blob", str(outside).encode())
    file = _object(repository, "blob", b"owned")
    inner = _object(repository, "tree", b"100644 kustomization.yaml\0" + bytes.fromhex(file))
    head = b"120000 x\0" + bytes.fromhex(link)
    twice = _object(repository, "tree", head + b"40000 x\0" + bytes.fromhex(inner))
    once = _object(repository, "tree", head)
    names = ("-c", "user.name=E", "-c", "user.email=e@example.test")
    first = git(*names, "commit-tree", "-m", "x", twice).strip()
    second = git(*names, "commit-tree", "-m", "x", "-p", first, once).strip()
    program = open_git(repository.root)
    (tmp_path / "replica").mkdir()
    replica = Replica(program, second, (tmp_path / "replica").resolve(), ("kustomization.yaml",))
    replica.bring()
    replica.go_back(next(steps(program, second)))
    with pytest.raises(InputError, match="is there twice"):
        replica.bring()
    assert list(outside.iterdir()) == []


def _object(repository: PastFleet, kind: str, content: bytes) -> str:
    import subprocess

    return (
        subprocess.run(
            ["git", "hash-object", "--literally", "-w", "-t", kind, "--stdin"],  # noqa: S607
            cwd=repository.root,
            input=content,
            stdout=subprocess.PIPE,
            check=True,
        )
        .stdout.decode()
        .strip()
    )


@pytest.mark.parametrize(
    ("subject", "body", "found"),
    [
        ("Merge pull request #12 from org/branch", "Title", "#12"),
        ("Title (#12)", "", "#12"),
        ('Revert "Title (#12)" (#13)', "", "#13"),
        ("Title (!12)", "", "!12"),
        (
            "Merge pull request 'Title' (#12) from branch into main",
            "Reviewed-on: https://x/o/r/pulls/9",
            "#12",
        ),
        ("Title", "Words.\n\nReviewed-on: https://git.example.test/o/r/pulls/12\n", "#12"),
        ("Merge branch 'a' into 'main'", "Title\n\nSee merge request group/project!34\n", "!34"),
        ("Title", "Merge-Request: https://gitlab.com/g/p/-/merge_requests/34", "!34"),
        ("Title", "PR-URL: https://github.com/o/r/pull/56", "#56"),
        ("Title", "Pull-Request: #57", "#57"),
        ("Merged PR 123: Title", "", "!123"),
        ("Merged in branch (pull request #5)", "", "#5"),
        ("Title", "Fixes #12", None),
        ("Issue (#12) is put right", "", None),
        ("Title", "", None),
    ],
)
def test_the_pull_request_is_read_as_forges_write_it(
    subject: str, body: str, found: str | None
) -> None:
    assert pull_request(subject, body) == found
