"""A folder that holds the files of a commit, and goes back to those of its parents."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from fleetops.errors import InputError, Place, ProgramError
from fleetops.git.log import Blob
from fleetops.git.tree import FILES, LINK, MAX_BYTES, MAX_FILE, MAX_FILES, Entry, checked, contents

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from fleetops.git.log import Step
    from fleetops.git.program import Git


class Replica:
    """The files of one commit, as far as they can be of use.

    Those are symbolic links, what stands in or below a folder with a file of one of the names
    `marks`, and what is asked for. `root` is an empty folder at first. Raises InputError as
    `export` does.
    """

    def __init__(self, git: Git, commit: str, root: Path, marks: Collection[str]) -> None:
        self.root = root
        self._git = git
        self._marks = frozenset(marks)
        self._tree = _listed(git, commit)
        self._written: dict[str, Blob] = {}
        self._stale = set(self._tree)
        self._asked: set[str] = set()
        self._folders = {_folder(path) for path in self._tree if self._is_mark(path)}

    def go_back(self, step: Step) -> None:
        """Come to be at the parent of a step's commit; the folder follows when it is asked."""
        for path, blob in step.before.items():
            checked(os.fsencode(path), step.commit)
            if blob is not None and blob.mode in FILES:
                self._tree[path] = blob
            else:
                self._tree.pop(path, None)
        self._stale.update(step.before)
        marked = {
            _folder(path) for path in step.before if path in self._tree and self._is_mark(path)
        }
        self._look_again(marked - self._folders)
        self._folders |= marked

    def blob(self, path: str) -> Blob | None:
        """Give what the commit has at a path."""
        return self._tree.get(path)

    def is_of_use(self, path: str) -> bool:
        """Tell whether a path is one that the folder holds, if the commit has it."""
        blob = self._tree.get(path)
        folders = _above(path)
        return (
            (blob is not None and blob.mode == LINK)
            or not self._asked.isdisjoint((path, *folders))
            or not self._folders.isdisjoint(folders)
        )

    def bring(self, *asked: str) -> Path:
        """Let the folder hold what the commit has, with the files and folders that are asked."""
        self._look_again(set(asked) - self._asked)
        self._asked.update(asked)
        wanted = {
            path: self._tree.get(path)
            for path in self._stale
            if path in self._written or self.is_of_use(path)
        }
        self._stale.clear()
        changed = {path: blob for path, blob in wanted.items() if blob != self._written.get(path)}
        for path in changed:
            if self._written.pop(path, None):
                self._remove(path)
        self._write([(path, blob) for path, blob in changed.items() if blob])
        return self.root

    def _look_again(self, places: set[str]) -> None:
        """Have what is at or below places compared with what is written."""
        if places:
            self._stale.update(
                path for path in self._tree if not places.isdisjoint((path, *_above(path)))
            )

    def _is_mark(self, path: str) -> bool:
        return path.rpartition("/")[2] in self._marks

    def _remove(self, path: str) -> None:
        (self.root / path).unlink()
        with suppress(OSError):
            for folder in _above(path)[:-1]:
                (self.root / folder).rmdir()

    def _write(self, wanted: Sequence[tuple[str, Blob]]) -> None:
        entries = [one for one in self._sized(wanted) if one.size <= MAX_FILE]
        if len(entries) > MAX_FILES or sum(one.size for one in entries) > MAX_BYTES:
            raise InputError("a commit is too large to be rendered")
        # Links last: no file is ever written through one.
        pairs = sorted(
            zip(entries, contents(self._git, entries), strict=True),
            key=lambda pair: pair[0].mode == LINK,
        )
        for entry, content in pairs:
            path = self.root / entry.path
            # One of before may be in the way, if a hostile tree has the same name twice.
            if any((self.root / folder).is_symlink() for folder in _above(entry.path)[:-1]):
                raise InputError("is there twice", place=Place(entry.path))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if entry.mode == LINK:
                    path.symlink_to(os.fsdecode(content))
                else:
                    with path.open("xb") as file:
                        file.write(content)
            except (FileExistsError, NotADirectoryError):
                raise InputError("is there twice", place=Place(entry.path)) from None
            self._written[entry.path] = Blob(entry.mode, entry.name)

    def _sized(self, wanted: Sequence[tuple[str, Blob]]) -> list[Entry]:
        if not wanted:
            return []
        asked = "".join(f"{blob.name}\n" for _, blob in wanted).encode()
        answer = self._git.read("cat-file", "--batch-check=%(objectsize)", stdin=asked).split(b"\n")
        entries = []
        for (path, blob), size in zip(wanted, answer, strict=False):
            if not size.isdigit():
                raise ProgramError(f"git has no file {path!a}", hint="is the clone a partial one?")
            entries.append(Entry(blob.mode, blob.name, int(size), path))
        return entries


def _listed(git: Git, commit: str) -> dict[str, Blob]:
    prefix = os.fsdecode(git.read("rev-parse", "--show-prefix")).strip("\n")
    listed = git.ask("ls-tree", "-r", "-z", "--full-tree", f"{commit}:{prefix}")
    if listed.returncode:
        raise InputError(f"{prefix or 'the repository'} is not there in commit {commit[:12]}")
    tree = {}
    for line in listed.stdout.split(b"\0")[:-1]:
        described, _, path = line.partition(b"\t")
        mode, _, name = described.decode().split()
        if mode in FILES:
            tree[checked(path, commit)] = Blob(mode, name)
    return tree


def _above(path: str) -> list[str]:
    """Give the folders above a path, the nearest first and the top as the empty word."""
    folders = []
    while path:
        path = path.rpartition("/")[0]
        folders.append(path)
    return folders


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
