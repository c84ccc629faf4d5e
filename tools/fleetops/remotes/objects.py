"""Git's objects, each of which has to be what its name says, and the files that they make up.

They are held as `git cat-file --batch` prints them. A commit's name vouches for every byte below
it, whoever has kept it meanwhile.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from fleetops.remotes.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MAX_ENTRIES: Final = 200_000
"""Files and folders of a commit."""
_HASHES: Final = {40: hashlib.sha1, 64: hashlib.sha256}
_FILE: Final = "100"
"""What the mode of a file begins with; git makes 644 or 755 of whatever follows."""
_FOLDER: Final = "40000"
_LINK: Final = "120000"
_MODULE: Final = "160000"


class DamagedError(ValueError):
    """Objects are not what they have to be."""


class Object(NamedTuple):
    """A commit, a tree, or the content of a file."""

    kind: str
    content: bytes


class Entry(NamedTuple):
    """A file, link or submodule of a commit."""

    mode: str
    path: str
    name: str
    """Of its object."""


def read_objects(stream: bytes) -> dict[str, Object]:
    """Read objects by their names; DamagedError where one is another than its name says."""
    objects, at = {}, 0
    while at < len(stream):
        end = stream.find(b"\n", at)
        try:
            name, kind, length = stream[at:end].decode("ascii").split(" ")
            size, hashed = int(length), _HASHES[len(name)]
        except (ValueError, KeyError):
            raise DamagedError from None
        if not length.isdecimal():
            raise DamagedError(name)
        content = stream[end + 1 : end + 1 + size]
        named = hashed(f"{kind} {size}\0".encode() + content, usedforsecurity=False)
        if named.hexdigest() != name:
            raise DamagedError(name)
        objects[name] = Object(kind, content)
        at = end + 1 + size + 1
    return objects


def entries(objects: Mapping[str, Object], commit: str) -> list[Entry]:
    """List what is in a commit; DamagedError where a tree is missing, or no work tree could be."""
    found: list[Entry] = []
    root = _expect(objects, commit, "commit").partition(b"\n")[0].decode("ascii", "replace")
    folders = [("", root.removeprefix("tree "))]
    seen: set[str] = set()
    while folders:
        above, name = folders.pop()
        for mode, own, below in _tree(_expect(objects, name, "tree"), len(commit) // 2):
            path = f"{above}{own}"
            if own.lower() in {"", ".", "..", ".git"} or "/" in own or path in seen:
                raise DamagedError(path)
            seen.add(path)
            if len(seen) > MAX_ENTRIES:
                raise DamagedError("has too many files")
            if mode == _FOLDER:
                folders.append((f"{path}/", below))
            elif mode.startswith(_FILE) or mode in {_LINK, _MODULE}:
                found.append(Entry(mode, path, below))
            else:
                raise DamagedError(f"{path} is of the unknown mode {mode}")
    return found


def of_use(found: Collection[Entry], marks: Collection[str]) -> list[Entry]:
    """Choose the links, and what stands in or below a folder with a file of one of the names."""
    folders = {one.path.rpartition("/")[0] for one in found if one.path.rpartition("/")[2] in marks}
    return [
        one
        for one in found
        if one.mode == _LINK
        or (one.mode.startswith(_FILE) and not folders.isdisjoint(_above(one.path)))
    ]


def snapshot(objects: Mapping[str, Object], commit: str) -> Snapshot:
    """Give the files and links of a commit, as far as their content is among the objects."""
    files, links, modules, lacking = {}, {}, set(), set()
    for one in entries(objects, commit):
        content = objects.get(one.name)
        if one.mode == _MODULE:
            modules.add(one.path)
        elif content is None or content.kind != "blob":
            lacking.add(one.path)
        elif one.mode == _LINK:
            links[one.path] = content.content.decode(errors="replace")
        else:
            files[one.path] = content.content
    return Snapshot(files, links, frozenset(modules), frozenset(lacking))


def _expect(objects: Mapping[str, Object], name: str, kind: str) -> bytes:
    found = objects.get(name)
    if found is None or found.kind != kind:
        raise DamagedError(f"{name} is no {kind} that is there")
    return found.content


def _tree(content: bytes, length: int) -> Iterator[tuple[str, str, str]]:
    """Give mode, name and object of each entry of a tree."""
    at = 0
    while at < len(content):
        end = content.find(b"\0", at)
        try:
            mode, name = content[at:end].split(b" ", 1)
            decoded = mode.decode("ascii"), name.decode()
        except ValueError:
            # Of a name that is no text nothing can be made here, nor by whoever reads a finding.
            raise DamagedError("has a name that is no text") from None
        yield (*decoded, content[end + 1 : end + 1 + length].hex())
        at = end + 1 + length


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
