"""Where other commits stand in the history of the work tree's commit."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from fleetops.errors import ProgramError, UsageError
from fleetops.git.program import open_git

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.git.program import Git

Relation = Literal["same", "behind", "ahead", "diverged", "absent"]


class Distance(Struct, frozen=True):
    """How far another commit is from the work tree's."""

    relation: Relation
    """Of the other commit; `absent` where the repository does not have it."""
    behind: int = 0
    """How many commits the work tree has that the other has not."""
    ahead: int = 0
    """How many the other has that the work tree has not."""


class History(Struct, frozen=True, dict=True):
    """The history of the commit that the work tree is at."""

    git: Git
    head: str
    """The full name of that commit."""

    @cached_property
    def prefix(self) -> str:
        """The folder that is worked in, from the top of the Git repository, as in `fleet/`."""
        return self.git.read("rev-parse", "--show-prefix").decode(errors="replace").strip("\n")

    @cached_property
    def is_shallow(self) -> bool:
        """Whether commits may be absent that are older than the work tree's."""
        return self.git.read("rev-parse", "--is-shallow-repository").strip() == b"true"

    @cached_property
    def remotes(self) -> tuple[str, ...]:
        """The URLs of the remotes, which may hold a password."""
        found = self.git.ask("config", "--null", "--get-regexp", r"^remote\..*\.url$")
        entries = found.stdout.decode(errors="replace").split("\0")
        return tuple(entry.partition("\n")[2] for entry in entries if entry)

    def distance(self, commit: str) -> Distance:
        """Say how far a commit, given by its full name, is from the work tree's."""
        if commit == self.head:
            return Distance("same")
        if self.git.ask("cat-file", "-e", f"{commit}^{{commit}}").returncode:
            return Distance("absent")
        counted = self.git.read("rev-list", "--left-right", "--count", f"{self.head}...{commit}")
        behind, ahead = map(int, counted.split())
        if behind and ahead:
            return Distance("diverged", behind, ahead)
        return Distance("behind" if behind else "ahead", behind, ahead)

    def changed_since(self, commit: str) -> frozenset[str]:
        """Give the files that differ from a commit, relative to the folder that is worked in."""
        words = ("-r", "-z", "--name-only", "--no-renames", "--relative", commit, self.head)
        listed = self.git.read("diff-tree", *words)
        return frozenset(listed.decode(errors="surrogateescape").split("\0")) - {""}


def open_history(root: Path) -> History | None:
    """Give the history of a work tree; None where there is no git or no commit."""
    with suppress(ProgramError, UsageError):
        git = open_git(root)
        return History(git, git.commit("HEAD"))
    return None
