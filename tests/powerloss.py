"""What a loss of power may leave of a folder: only what was synced is certain to be there.

The content of a file is certain as it was when the file was synced, and a name as it was when its
folder was: to create, rename or remove a file changes the folder. Of all else each may be there or
not, as file systems write in an order of their own. That is less than most of them promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from recorder import Tree

State = tuple[tuple[str, bytes | None], ...]
"""Paths in their order, each with its content, None for a folder."""
Names = dict[int, dict[str, int]]
"""By folder: name to node."""
Contents = dict[int, bytes]
"""By node of a file."""

_TOP: Final = "."


class _Nodes:
    """Gives inodes numbers that are never used again, unlike a file system's own."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._next = 0

    def read(self, tree: Tree) -> tuple[Names, Contents, dict[str, int]]:
        """Give the folders, the files and the node of each path."""
        there = {inode for inode, _ in tree.values()}
        self._known = {inode: node for inode, node in self._known.items() if inode in there}
        for inode in there - self._known.keys():
            self._known[inode] = self._next
            self._next += 1
        nodes = {path: self._known[inode] for path, (inode, _) in tree.items()}
        names: Names = {nodes[path]: {} for path, (_, text) in tree.items() if text is None}
        for path, node in nodes.items():
            if path != _TOP:
                folder, _, name = path.rpartition("/")
                names[nodes[folder or _TOP]][name] = node
        contents = {
            nodes[path]: text.encode("latin-1")
            for path, (_, text) in tree.items()
            if text is not None
        }
        return names, contents, nodes


def states(moments: Iterable[tuple[str, str, Tree]]) -> Iterator[State]:
    """Give states that may be left, each once, of what `recorder.py` prints.

    For each moment: all of what is not certain, none of it, all but one name or content, and only
    one name.
    """
    numbers = _Nodes()
    certain: tuple[Names, Contents] | None = None
    seen: set[State] = set()
    for call, path, tree in moments:
        names, contents, nodes = numbers.read(tree)
        top = nodes[_TOP]
        if certain is None:
            certain = {folder: dict(content) for folder, content in names.items()}, dict(contents)
        for state in _left(top, certain, (names, contents)):
            if state not in seen:
                seen.add(state)
                yield state
        node = nodes.get(path) if call in {"fsync", "fdatasync"} else None
        if node in names:
            certain[0][node] = dict(names[node])
        elif node in contents:
            certain[1][node] = contents[node]


def _left(
    top: int, certain: tuple[Names, Contents], now: tuple[Names, Contents]
) -> Iterator[State]:
    (old, synced), (new, written) = certain, now
    # The content of a file that was never synced may be none.
    kept = dict.fromkeys(written, b"") | synced
    yield _state(top, old, kept)
    yield _state(top, new, kept | written)
    for folder, content in new.items():
        before = old.get(folder, {})
        for name in {*before, *content}:
            if before.get(name) != content.get(name):
                with_it = old | {folder: _with(before, name, content.get(name))}
                without = new | {folder: _with(content, name, before.get(name))}
                yield _state(top, with_it, kept)
                yield _state(top, with_it, kept | written)
                yield _state(top, without, kept | written)
    for node, text in written.items():
        if kept[node] != text:
            for part in (kept[node], text[: len(text) // 2]):
                yield _state(top, new, kept | written | {node: part})


def _with(content: dict[str, int], name: str, node: int | None) -> dict[str, int]:
    rest = {one: other for one, other in content.items() if one != name}
    return rest if node is None else rest | {name: node}


def _state(top: int, names: Names, contents: Contents) -> State:
    def below(folder: int, prefix: str) -> Iterator[tuple[str, bytes | None]]:
        for name, node in names.get(folder, {}).items():
            if node in contents:
                yield f"{prefix}{name}", contents[node]
            else:
                yield f"{prefix}{name}", None
                yield from below(node, f"{prefix}{name}/")

    return tuple(sorted(below(top, "")))


def write(state: State, folder: Path) -> None:
    """Make a folder of a state."""
    folder.mkdir()
    for path, content in state:
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)
