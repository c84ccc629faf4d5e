"""A commit made beside the index and the work tree: of it, nothing is seen until a ref moves."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.edits import sync_directory
from fleetops.errors import Place, RefusedError
from fleetops.git.program import said

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleetops.git.program import Git

REGULAR: Final = ("100644", "100755")


class Entry(Struct, frozen=True):
    """A file as a tree or an index has it."""

    mode: str
    blob: str
    path: str
    """From the top of the repository."""

    def line(self) -> bytes:
        """Say it to `git update-index -z --index-info`."""
        return b"%s %s\t%s\0" % (self.mode.encode(), self.blob.encode(), os.fsencode(self.path))


class Draft(Struct, frozen=True):
    """A commit that is to be made."""

    parent: str
    files: Mapping[str, bytes]
    """The new content of files that the parent has, by their paths from the work tree's folder."""
    message: str


class Made(Struct, frozen=True):
    """A commit that no ref leads to yet."""

    commit: str
    before: tuple[Entry, ...]
    """The changed files as the parent has them."""
    after: tuple[Entry, ...]
    subject: str


def make_commit(git: Git, draft: Draft, scratch: Path) -> Made:
    """Make a commit of exactly the draft's files on its parent, with hooks and signed as set.

    `scratch` is an empty folder. Raises RefusedError where a hook refuses or changes what was to be
    committed, or git fails.
    """
    index = {"GIT_INDEX_FILE": str(scratch / "index")}
    # A copy of the user's knows which files of the work tree are as in the commit.
    users = git.path("index")
    if users.exists():
        shutil.copyfile(users, scratch / "index")
    git.change("read-tree", "--reset", draft.parent, variables=index)
    before = tuple(_entry(git, draft.parent, path) for path in draft.files)
    after = tuple(
        Entry(entry.mode, _blob(git, content), entry.path)
        for entry, content in zip(before, draft.files.values(), strict=True)
    )
    listed = b"".join(entry.line() for entry in after)
    git.change("update-index", "-z", "--index-info", stdin=listed, variables=index)
    tree = git.change("write-tree", variables=index)
    _run_hook(git, "pre-commit", index)
    if git.change("write-tree", variables=index) != tree:
        raise RefusedError(
            "the pre-commit hook changes what is to be committed",
            hint="nothing was written; only what was proven is committed",
        )
    message = scratch / "COMMIT_EDITMSG"
    message.write_text(draft.message)
    _run_hook(git, "prepare-commit-msg", index, str(message), "message")
    _run_hook(git, "commit-msg", index, str(message))
    text = git.change("stripspace", stdin=message.read_bytes())
    if not text:
        raise RefusedError("a hook has left no message for the commit")
    asked = git.attempt("config", "--type=bool", "--get", "commit.gpgSign").stdout
    name = git.change(
        *("commit-tree", tree.decode().strip(), "-p", draft.parent),
        *(("-S",) if asked == b"true\n" else ()),
        stdin=text,
    )
    commit = name.decode().strip()
    _harden(git, commit, draft.parent)
    subject = text.decode(errors="replace").partition("\n")[0]
    return Made(commit, before, after, subject)


def run_post_commit(git: Git) -> None:
    """Run the hook that is told of a commit, whose failure changes nothing."""
    git.attempt("hook", "run", "--ignore-missing", "post-commit")


def _harden(git: Git, commit: str, parent: str) -> None:
    """Have the names of a commit's new objects on the disk; git syncs only what is in them."""
    objects = git.path("objects")
    for line in git.read("rev-list", "--objects", commit, f"^{parent}").splitlines():
        sync_directory(objects / line[:2].decode())
    sync_directory(objects)


def _run_hook(git: Git, name: str, variables: dict[str, str], *arguments: str) -> None:
    words = ("hook", "run", "--ignore-missing", name, "--", *arguments)
    completed = git.attempt(*words, variables=variables)
    if completed.returncode:
        raise RefusedError(
            f"the {name} hook refuses", hint=f"{said(completed)}\nnothing was written".lstrip()
        )


def _entry(git: Git, commit: str, path: str) -> Entry:
    full = f"{git.prefix()}{path}"
    listed = git.read("ls-tree", "-z", "--full-tree", commit, "--", f":(literal,top){full}")
    described, _, found = listed.removesuffix(b"\0").partition(b"\t")
    mode, _, blob = described.decode().partition(" blob ")
    if mode not in REGULAR or os.fsdecode(found) != full:
        raise RefusedError(f"is no file of commit {commit[:12]}", place=Place(path))
    return Entry(mode, blob, full)


def _blob(git: Git, content: bytes) -> str:
    return git.change("hash-object", "-w", "--stdin", stdin=content).decode().strip()
