"""The files of a commit, written into a folder byte by byte as they were committed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from fleetops.errors import InputError, Place, ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fleetops.git.program import Git

MAX_FILES: Final = 200_000
MAX_BYTES: Final = 512 * 1024**2
"""Of all files together; larger ones than a manifest can be are left out before."""
MAX_FILE: Final = 8 * 1024**2
_PORTION: Final = 32 * 1024**2

LINK: Final = "120000"
FILES: Final = ("100644", "100755", LINK)


class Entry(NamedTuple):
    """A file or symbolic link of a commit."""

    mode: str
    name: str
    """Of its object."""
    size: int
    path: str


def export(git: Git, commit: str, target: Path) -> None:
    """Write the files below the work tree's folder, as `commit` has them, into an empty folder.

    No filter, attribute or hook has a part in it. Submodules and files of more than 8 MiB are left
    out. Raises InputError for a tree that no work tree could be, or that is larger than the limits.
    """
    listed = git.ask("ls-tree", "-r", "-z", "-l", commit)
    if listed.returncode:
        words = " ".join(listed.stderr.decode(errors="replace").split())
        raise InputError(
            f"commit {commit[:12]} cannot be read: {words}", hint="is the clone no partial one?"
        )
    entries = list(_entries(listed.stdout, commit))
    if not entries and (prefix := git.prefix()):
        raise InputError(f"there is no {prefix} in commit {commit[:12]}")
    if len(entries) > MAX_FILES or sum(one.size for one in entries) > MAX_BYTES:
        raise InputError(f"commit {commit[:12]} is too large to be rendered")
    # Links last: no file is ever written through one.
    entries.sort(key=lambda one: one.mode == LINK)
    made: set[str] = set()
    for entry, content in zip(entries, contents(git, entries), strict=True):
        path = target / entry.path
        try:
            _make_folders(target, entry.path, made)
            if entry.mode == LINK:
                path.symlink_to(os.fsdecode(content))
            else:
                path.write_bytes(content)
        except (FileExistsError, NotADirectoryError):
            raise InputError("is there twice", place=Place(entry.path)) from None
        except (OSError, ValueError) as error:
            words = f"cannot be written: {getattr(error, 'strerror', None) or error}"
            raise InputError(words, place=Place(entry.path)) from None


def _make_folders(target: Path, path: str, made: set[str]) -> None:
    """Make the folders above a path, but those `made` before; what else is there is in the way.

    That is a link, if a hostile tree has the same name twice.
    """
    folder = os.fspath(target)
    for part in path.split("/")[:-1]:
        folder = f"{folder}/{part}"
        if folder not in made:
            os.mkdir(folder)  # noqa: PTH102 - there are many, and a Path for each takes longer
            made.add(folder)


def texts_at(git: Git, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """Read those of some paths, from the top of the repository, that are files in a commit.

    Raises InputError for one that is no text.
    """
    listed = git.read("ls-tree", "-z", "-l", "--full-tree", commit, "--", *paths)
    entries = [one for one in _entries(listed, commit) if one.mode != LINK]
    texts = {}
    for entry, content in zip(entries, contents(git, entries), strict=True):
        try:
            texts[entry.path] = content.decode()
        except UnicodeDecodeError:
            words = f"is not UTF-8 text (commit {commit[:12]})"
            raise InputError(words, place=Place(entry.path)) from None
    return texts


def _entries(listed: bytes, commit: str) -> Iterator[Entry]:
    for line in listed.split(b"\0")[:-1]:
        described, _, path = line.partition(b"\t")
        mode, kind, name, size = described.decode().split()
        decoded = checked(path, commit)
        if kind == "blob" and not size.isdecimal():
            raise _lacking(decoded)
        if mode in FILES and int(size) <= MAX_FILE:
            yield Entry(mode, name, int(size), decoded)


def checked(path: bytes, commit: str) -> str:
    """Give a path of a commit; InputError for one that no work tree could have."""
    decoded = os.fsdecode(path)
    if {"", ".", "..", ".git"} & {part.lower() for part in decoded.split("/")}:
        raise InputError(f"commit {commit[:12]} has a path that cannot be: {decoded!a}")
    return decoded


def contents(git: Git, entries: Sequence[Entry]) -> Iterator[bytes]:
    """Read files, of which only a few are held at the same time.

    Raises ProgramError where the repository does not have one.
    """
    for some in _portions(entries):
        asked = "".join(f"{one.name}\n" for one in some).encode()
        answer = memoryview(git.read("cat-file", "--batch", stdin=asked))
        at = 0
        for entry in some:
            header = f"{entry.name} blob {entry.size}\n".encode()
            if answer[at : at + len(header)] != header:
                raise _lacking(entry.path)
            at += len(header)
            yield bytes(answer[at : at + entry.size])
            at += entry.size + 1


def _portions(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    some: list[Entry] = []
    size = 0
    for entry in entries:
        if some and size + entry.size > _PORTION:
            yield some
            some, size = [], 0
        some.append(entry)
        size += entry.size
    if some:
        yield some


def _lacking(path: str) -> ProgramError:
    return ProgramError(f"git has no content of {path!a}", hint="is the clone a partial one?")
