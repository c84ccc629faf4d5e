"""How a kustomization is written: its indentation, quotes and line endings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.goyaml import Document, NodePath
    from fleetops.kustomization.entries import ImageEntry

_QUOTES = ("plain", "'", '"')
_NEIGHBOURS = {
    "name": ("name", "newName", "newTag", "digest"),
    "newTag": ("newTag", "digest", "name"),
    "digest": ("digest", "newTag", "name"),
}
"""Key to the keys whose values show how its own is to be quoted, the nearest first."""


class Layout:
    """Answers what a new line has to look like, and where it has to stand."""

    def __init__(self, text: str, document: Document, entries: Sequence[ImageEntry]) -> None:
        self.text = text
        self.document = document
        self.entries = entries

    def key_style(self) -> str:
        """Tell how keys are quoted: those of the entries, or else those of the document."""
        marks = self.document.keys
        in_entries = (mark for path, mark in marks.items() if path[0] == "images" and path[2:])
        mark = next(in_entries, None) or next(iter(marks.values()), None)
        return mark.style if mark and mark.style in _QUOTES else "plain"

    def value_style(self, key: str, index: str | int | None) -> str:
        """Tell how the value of `key` is quoted in the entry `index`, or else in the last ones."""
        nearest = sorted(self.entries, key=lambda entry: (entry.index != index, -entry.index))
        for neighbour in _NEIGHBOURS[key]:
            for entry in nearest:
                mark = self.document.marks.get(("images", entry.index, neighbour))
                if mark is not None and mark.style in _QUOTES and mark.start != mark.end:
                    return mark.style
        return self.key_style()

    def top_column(self) -> int:
        """Tell how far the document itself is indented."""
        return self.document.marks[()].column

    def list_column(self) -> int:
        """Tell how far the document indents the items of its lists."""
        return next((column for column, _ in self._lists()), self.top_column())

    def dash_gap(self) -> str:
        """Give the blanks between a dash and its item."""
        return next((gap for _, gap in self._lists() if gap), " ")

    def _lists(self) -> list[tuple[int, str]]:
        """Give dash column and gap of the block lists at the top, `images` first."""
        found = []
        for key in sorted(self.document.value, key=lambda key: key != "images"):
            mark, first = self.document.marks.get((key,)), self.document.marks.get((key, 0))
            if mark and first and mark.style == "block":
                before = self.text[self.line_start(first.start) : first.start]
                gap = re.fullmatch(r" *-( +)", before)
                found.append((mark.column, gap[1] if gap else ""))
        return found

    def line_start(self, at: int) -> int:
        """Find where the line of `at` begins."""
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Find the line feed that ends the line of `at`, or the end of the text."""
        newline = self.text.find("\n", at)
        return len(self.text) if newline < 0 else newline

    def line_break(self, newline: int) -> str:
        """Give the line break that stands at `newline`; at the end of the text, the first one."""
        if newline == len(self.text):
            newline = self.line_end(0)
        return "\r\n" if self.text[:newline].endswith("\r") else "\n"

    def flow_break(self, path: NodePath) -> str:
        """Give what stands between the items of a flow collection, of which `path` is the last."""
        start = (self.document.keys.get(path) or self.document.marks[path]).start
        line = self.line_start(start)
        indent = self.text[line:start]
        if line == 0 or indent.strip(" "):
            return " "
        return f"{self.line_break(line - 1)}{indent}"

    def last_end(self, path: NodePath, *, within: int | None = None) -> int:
        """Find where the last scalar or bracket below `path` ends, whatever comments follow it.

        `within` is the index of a closing bracket before which it has to be.
        """
        ends = []
        for table in (self.document.marks, self.document.keys):
            for at, mark in table.items():
                if at[: len(path)] != path or mark.style == "block":
                    continue
                # A block scalar ends where the next token begins.
                blank = mark.style in ("|", ">")
                end = len(self.text[: mark.end].rstrip()) if blank else mark.end
                if within is None or end <= within:
                    ends.append(end)
        return max(ends)

    def item_end(self, path: NodePath, column: int) -> int:
        """Find the end of a block list whose dashes are at `column`.

        Comments right behind the last item count as its own where they are indented deeper.
        """
        end = self.last_end(path)
        following = self.line_end(end)
        while comment := re.compile(r"\n( +)#[^\n]*").match(self.text, following):
            if len(comment[1]) <= column:
                break
            end = following = comment.end()
        return len(self.text[:end].removesuffix("\r"))

    def document_end(self) -> int:
        """Find the end of the document: of its content, or of the comments behind that."""
        end = self.last_end(())
        following = self.line_end(end)
        while line := re.compile(r"\n[ \t]*(#[^\n]*|\r?)(?=\n|\Z)").match(self.text, following):
            following = line.end()
            if line[1].startswith("#"):
                end = len(self.text[:following].removesuffix("\r"))
        return end
