"""The user's index and HEAD: brought to a commit, and nothing of the user's touched in them."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from fleetops.edits import sync_directory
from fleetops.errors import FleetopsError, Place, RefusedError
from fleetops.git.program import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.git.commit import Entry, Made
    from fleetops.git.program import Git

_UNDER_WAY: Final = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}
_LOCKS: Final = ("index.lock", "HEAD.lock")


def require_calm(git: Git) -> None:
    """Refuse where the next commit belongs to something else, or git is at work or was killed."""
    reference = git.ask("symbolic-ref", "--quiet", "HEAD").stdout.decode().strip()
    locks = (*_LOCKS, *((f"{reference}.lock",) if reference else ()))
    paths = git.paths((*_UNDER_WAY, *locks))
    for name, what in _UNDER_WAY.items():
        if paths[name].exists():
            raise RefusedError(f"{what} is under way", hint="end it first; see git status")
    for path in map(paths.__getitem__, locks):
        if path.exists():
            raise RefusedError(
                "another git is at work in this repository, or was killed",
                place=Place(os.path.relpath(path, git.root)),
                hint="nothing was written; if no git runs here, remove this file and try again",
            )


def require_unstaged(git: Git, made: Made) -> None:
    """Refuse a changed file of which something else is staged."""
    for before, after in zip(made.before, made.after, strict=True):
        words = ("ls-files", "--stage", "-z", "--full-name", "--", f":(literal,top){before.path}")
        staged = git.read(*words)
        if staged not in {_staged(before), _staged(after)}:
            raise RefusedError(
                "has staged changes",
                place=Place(str(PurePath(before.path).relative_to(git.prefix()))),
                hint="nothing was written; commit them, or git restore --staged them",
            )


def stage(git: Git, entries: Sequence[Entry]) -> None:
    """Put files into the user's index, where everything else stays as it is."""
    listed = b"".join(entry.line() for entry in entries)
    git.change("update-index", "-z", "--index-info", stdin=listed)
    # So that nobody has to read the files anew; of other files it has its reasons to complain.
    git.attempt("update-index", "-q", "--refresh")
    # It is to be on the disk before HEAD is, or HEAD's change would seem to be taken back.
    sync_directory(git.path("index").parent)


def advance(git: Git, made: Made, parent: str) -> None:
    """Move HEAD, or the branch that it names, from the parent to the commit.

    Raises RefusedError where it is no longer at the parent.
    """
    completed = git.attempt(
        "update-ref", "-m", f"commit: {made.subject}", "HEAD", made.commit, parent
    )
    if completed.returncode:
        raise FleetopsError("HEAD cannot be moved to the new commit", hint=said(completed))


def _staged(entry: Entry) -> bytes:
    return b"%s %s 0\t%s\0" % (entry.mode.encode(), entry.blob.encode(), os.fsencode(entry.path))
