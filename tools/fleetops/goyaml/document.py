"""A document that was read, and where its nodes stand."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

NodePath = tuple[str | int, ...]
"""The keys and indices that lead from the top of a document to a node."""


class Mark(Struct, frozen=True):
    """Where a node stands in its text."""

    start: int
    """Index of its first character."""
    end: int
    """Index behind its last character; of a block collection, where the next token begins."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 0."""
    style: str
    """`plain`, `'`, `"`, `|`, `>`, `alias`, `block` or `flow`."""
    bare: bool = True
    """False where an anchor or a tag stands before the node."""


class Document(Struct, frozen=True):
    """One document of a stream."""

    value: Any
    """dict, list, str, int, float, bool or None, as JSON would hold it."""
    line: int
    """Where its content begins, counted from 1."""
    marks: dict[NodePath, Mark] = {}
    """Path to mark, for each node that is written out here; empty unless asked for."""
    keys: dict[NodePath, Mark] = {}
    """Path to the mark of the key that leads there."""

    def line_of(self, path: NodePath) -> int:
        """Find the line of the node at `path`, or of the nearest node above it."""
        for length in range(len(path), 0, -1):
            mark = self.keys.get(path[:length]) or self.marks.get(path[:length])
            if mark:
                return mark.line
        return self.line
