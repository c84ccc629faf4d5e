"""The CODEOWNERS files of a state of the Git repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.codeowners import PLACES
from fleetops.files import Repository
from fleetops.git import open_git, texts_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleetops.api.bench import Bench
    from fleetops.git import Git


class Book(Struct, frozen=True):
    """Who owns what."""

    texts: Mapping[str, str]
    """The files, by the place where each stands."""
    prefix: str
    """Where in the Git repository the fleet is, with a slash behind it; empty at its top."""
    commit: str | None = None
    """None for the work tree."""


def book_of(bench: Bench) -> Book:
    """Read those of the bench's fleet; InputError for one that cannot be read."""
    if bench.fleet.repository.root == bench.guarded:
        return _book_here(bench.guarded)
    git = open_git(bench.guarded)
    return book_at(git, git.commit(bench.revision))


def book_at(git: Git, commit: str) -> Book:
    """Read those of a commit; InputError for one that cannot be read."""
    return Book(texts_at(git, commit, PLACES), git.prefix(), commit)


def _book_here(root: Path) -> Book:
    top = next((one for one in (root, *root.parents) if (one / ".git").exists()), root)
    repository = Repository.at(top)
    prefix = f"{root.relative_to(top)}/" if root != top else ""
    # As of a commit, a link is none.
    there = [
        place for place in PLACES if (top / place).is_file() and not (top / place).is_symlink()
    ]
    return Book({place: repository.read_text(place) for place in there}, prefix)
