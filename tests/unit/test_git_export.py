"""A commit's files are written as they were committed, whatever the repository would have run."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT
from fleetops.errors import InputError, UsageError
from fleetops.git import export, open_git

if TYPE_CHECKING:
    from pathlib import Path

ME = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.test")


class Repo:
    """A repository, and an empty folder beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.root.mkdir()
        self.target = folder / "target"
        self.target.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str, stdin: bytes = b"") -> str:
        return subprocess.run(
            ["git", *ME, *words],  # noqa: S607
            cwd=self.root,
            env=ENVIRONMENT,
            input=stdin,
            check=True,
            capture_output=True,
        ).stdout.decode()

    def commit(self, **files: str | bytes) -> None:
        for name, content in files.items():
            path = self.root / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=as it is")

    def export(self, revision: str = "HEAD", root: Path | None = None) -> dict[str, bytes]:
        git = open_git(root or self.root)
        export(git, git.commit(revision), self.target)
        return {
            str(path.relative_to(self.target)): path.read_bytes()
            for path in self.target.rglob("*")
            if path.is_file() and not path.is_symlink()
        }

    def tree(self, *entries: tuple[str, str, str]) -> str:
        """Write a tree that no work tree would give: mode, name of the object, path."""
        listed = b"".join(
            f"{mode} {path}".encode() + b"\0" + bytes.fromhex(name) for mode, name, path in entries
        )
        arguments = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
        name = self.git(*arguments, stdin=listed).strip()
        return self.git("commit-tree", name, "-m", "strange").strip()

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content).strip()


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path)


def test_every_byte_is_as_it_was_committed(repo: Repo) -> None:
    content = {"a": b"\r\n\xff\0", "b": b"", "c": "ü\n".encode()}
    repo.commit(**content)
    repo.commit(a=b"other")
    assert repo.export("HEAD~1") == content


def test_attributes_filters_and_hooks_have_no_part_in_it(repo: Repo, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    attributes = "a filter=evil text eol=crlf ident export-subst\nb export-ignore\n"
    repo.commit(a="$Id$ $Format:%H$\n", b="kept\n")
    repo.commit(**{".gitattributes": attributes})
    repo.git("config", "filter.evil.smudge", f"touch {ran}; cat")
    repo.git("config", "core.fsmonitor", f"touch {ran}")
    files = repo.export()
    assert (files["a"], files["b"]) == (b"$Id$ $Format:%H$\n", b"kept\n")
    assert not ran.exists()


def test_links_are_links_and_submodules_are_left_out(repo: Repo) -> None:
    blob = repo.blob(b"/etc/passwd")
    commit = repo.tree(("160000", "1" * 40, "module"), ("120000", blob, "way"))
    assert repo.export(commit) == {}
    assert str((repo.target / "way").readlink()) == "/etc/passwd"


def test_a_folder_below_the_top_is_exported_alone(repo: Repo) -> None:
    (repo.root / "fleet").mkdir()
    repo.commit(**{"fleet/a": "inside", "b": "outside"})
    assert repo.export(root=repo.root / "fleet") == {"a": b"inside"}


@pytest.mark.parametrize("path", ["..", ".git", ".GIT", "."])
def test_a_path_that_cannot_be_is_refused(repo: Repo, path: str) -> None:
    commit = repo.tree(("100644", repo.blob(b"evil"), path))
    with pytest.raises(InputError, match="has a path that cannot be"):
        repo.export(commit)
    assert list(repo.target.parent.glob("*/evil")) == []


@pytest.mark.parametrize("mode", ["100644", "120000"])
def test_nothing_is_written_through_a_link(mode: str, repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inner = repo.tree((mode, repo.blob(b"evil"), "file"))
    tree = repo.git("rev-parse", f"{inner}^{{tree}}").strip()
    link = repo.blob(str(outside).encode())
    commit = repo.tree(("120000", link, "same"), ("40000", tree, "same"))
    with pytest.raises(InputError, match="is there twice"):
        repo.export(commit)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("revision", ["gone", "--output=x", "HEAD:a", ""])
def test_what_names_no_commit_is_a_mistake_of_usage(repo: Repo, revision: str) -> None:
    repo.commit(a="1")
    with pytest.raises(UsageError, match="there is no commit"):
        repo.export(revision)
    assert not (repo.root / "x").exists()


def test_variables_of_the_caller_do_not_lead_elsewhere(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(a="1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert repo.export() == {"a": b"1"}
