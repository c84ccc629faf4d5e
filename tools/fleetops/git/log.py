"""The first parents of a commit: who made each and when, and what it changed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.git.program import Git

_CHUNKS: Final = (64, 512, 4096)
"""Commits that are asked for at once: few at first, since mostly few are looked at."""
_ABSENT: Final = "000000"
_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999; git takes later ones, and Python does not."""


class Blob(NamedTuple):
    """What a commit has at a path."""

    mode: str
    """As git writes it, `120000` for a symbolic link."""
    name: str
    """Of its object."""


class Step(Struct, frozen=True):
    """A commit, and what it changed of its first parent."""

    commit: str
    parent: str | None
    """None for the first commit, and where a shallow clone ends."""
    before: Mapping[str, Blob | None]
    """What the parent has at the paths that differ, None for nothing. They are relative to the
    folder that is worked in."""


class Signature(Struct, frozen=True):
    """What a commit says of itself; none of it can be trusted to be true or harmless."""

    author: str
    when: datetime
    """When it was committed, in UTC, by the clock of whoever did."""
    subject: str
    body: str


def steps(git: Git, commit: str) -> Iterator[Step]:
    """Go back along first parents, as far as the repository knows them."""
    start: str | None = commit
    chunk = 0
    while start is not None:
        number = _CHUNKS[min(chunk, len(_CHUNKS) - 1)]
        chunk += 1
        line = f"--max-count={number}"
        listed = git.read("rev-list", "--first-parent", "--parents", line, start, "--")
        chain = [entry.split()[:2] for entry in listed.decode().splitlines()]
        yield from _changes(git, chain)
        start = chain[-1][1] if len(chain[-1]) > 1 else None


def _changes(git: Git, chain: Sequence[Sequence[str]]) -> Iterator[Step]:
    words = ("--stdin", "-r", "-z", "-m", "--root", "--raw", "--no-renames", "--no-abbrev")
    asked = "".join(f"{' '.join(pair)}\n" for pair in chain).encode()
    answer = git.read("diff-tree", *words, "--relative", "--always", stdin=asked)
    fields = iter(answer.split(b"\0")[:-1])
    found: dict[str, dict[str, Blob | None]] = {}
    changed: dict[str, Blob | None] = {}
    for field in fields:
        if not field.startswith(b":"):
            changed = found.setdefault(field.decode().strip(), {})
            continue
        mode, _, name, _, _ = field[1:].decode().split()
        changed[os.fsdecode(next(fields))] = None if mode == _ABSENT else Blob(mode, name)
    for commit, *parents in chain:
        yield Step(commit, parents[0] if parents else None, found.get(commit, {}))


def is_cut_off(git: Git, commit: str) -> bool:
    """Tell whether a commit has parents that the repository does not, as where it is shallow."""
    header = git.read("cat-file", "commit", commit).partition(b"\n\n")[0]
    shown = git.read("rev-list", "--parents", "--max-count=1", commit, "--").split()
    return len(shown) == 1 and any(line.startswith(b"parent ") for line in header.splitlines())


def signatures(git: Git, commits: Sequence[str]) -> dict[str, Signature]:
    """Read what commits say of themselves; a message cannot hold what parts the fields."""
    if not commits:
        return {}
    form = "--format=tformat:%H%x00%an%x00%ct%x00%s%x00%b"
    words = ("--no-walk=unsorted", "--no-show-signature", "--no-color", "--no-patch", "-z", form)
    asked = "".join(f"{one}\n" for one in commits).encode()
    answer = git.read("log", *words, "--encoding=UTF-8", "--stdin", stdin=asked)
    fields = answer.decode(errors="replace").split("\0")
    return {
        commit: Signature(author, _time(when), subject, body)
        for commit, author, when, subject, body in zip(*[iter(fields)] * 5, strict=False)
    }


def _time(seconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(min(max(int(seconds), 0), _LAST_SECOND), UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def renamed_from(git: Git, step: Step, path: str) -> str | None:
    """Find where a file that came with a commit was before, if it was renamed."""
    if step.parent is None:
        return None
    words = ("-r", "-z", "-M", "--diff-filter=R", "--name-status", "--relative")
    found = git.read("diff-tree", *words, step.parent, step.commit)
    fields = [os.fsdecode(field) for field in found.split(b"\0")[:-1]]
    names = dict(zip(fields[2::3], fields[1::3], strict=True))
    return names.get(path)
