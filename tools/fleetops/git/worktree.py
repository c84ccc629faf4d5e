"""How a work tree writes what is committed: with line endings and in an encoding of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetops.git.program import Git


def is_of(git: Git, path: str, content: bytes, committed: bytes) -> bool:
    """Tell whether git would commit a file of the work tree as this content."""
    if content == committed:
        return True
    normal = git.change("hash-object", f"--path={path}", "--stdin", stdin=content)
    return normal == git.change("hash-object", "--stdin", stdin=committed)


def checked_out(git: Git, commit: str, path: str) -> bytes:
    """Give a file of a commit as git would write it into the work tree."""
    return git.change("cat-file", "--filters", f"{commit}:{git.prefix()}{path}")
