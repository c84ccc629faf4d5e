"""Text-preserving edits of a kustomization's `images:`.

The YAML is read for where its scalars stand, and only those spans of the text change: comments,
quotes, order, indentation, line endings and a missing final newline stay as they are. What is
written is read back, and has to say the old document with the wanted images and nothing else; so
whatever is not safe (anchors, aliases, block scalars, two entries of one name) is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import InputError, Place, RefusedError
from fleetops.kustomization.entries import image_entries, read_document
from fleetops.kustomization.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fleetops.goyaml import Document, Mark, NodePath
    from fleetops.kustomization.entries import ImageEntry

_WORDS = ("plain", "'", '"')
"""The styles of scalars that can be replaced where they stand."""
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:[ \t]#[^\r\x85\u2028\u2029]*)?")

_COMMA_BEFORE = re.compile(r",[ \t]*\Z")


class Pin(Struct, frozen=True):
    """What an image shall run as."""

    name: str
    """The name that the base writes, which is the `name:` of the entry."""
    tag: str
    digest: str | None = None
    """With its algorithm, as in `sha256:…`."""

    def fields(self) -> dict[str, str]:
        """Give the fields of an entry that says this."""
        fields = {"name": self.name, "newTag": self.tag}
        return fields if self.digest is None else {**fields, "digest": self.digest}


class _Splice(Struct, frozen=True):
    start: int
    end: int
    text: str


def set_images(text: str, path: str, pins: Iterable[Pin]) -> str:
    """Give `text` with every pin in its `images:`; the same text if it is so already.

    Raises InputError if it is no kustomization, RefusedError with the line where it is not safe.
    """
    document = read_document(text, path)
    editor = _Editor(text, path, document)
    expected = dict(document.value)
    splices = sorted(editor.splices(tuple(pins), expected), key=lambda splice: splice.start)
    edited = text
    # From the end, so that no index moves; what was asked first stands first at one place.
    for splice in reversed(splices):
        edited = edited[: splice.start] + splice.text + edited[splice.end :]
    try:
        safe = read_document(edited, path).value == expected
    except InputError:
        safe = False
    if not safe:
        raise editor.refusal("cannot be edited safely", document.line_of(("images",)))
    return edited


class _Editor:
    """Finds the spans to change in one kustomization."""

    def __init__(self, text: str, path: str, document: Document) -> None:
        self.text = text
        self.path = path
        self.document = document
        self.entries = image_entries(document)
        self.layout = Layout(text, document, self.entries)

    def refusal(self, message: str, line: int | None) -> RefusedError:
        return RefusedError(
            message,
            place=Place(self.path, line),
            hint="edit this place by hand, then promote again; nothing was written",
        )

    def splices(self, pins: Sequence[Pin], expected: dict[str, Any]) -> Iterator[_Splice]:
        """Give the splices, and make of `expected` what the file has to say behind them."""
        if "imageTags" in self.document.value:
            line = self.document.line_of(("imageTags",))
            raise self.refusal("imageTags would override images", line)
        images = self.document.value.get("images")
        if images is not None and not isinstance(images, list):
            raise self.refusal("images is not a list", self.document.line_of(("images",)))
        for index, item in enumerate(images or ()):
            if not isinstance(item, dict):
                line = self.document.line_of(("images", index))
                raise self.refusal("images has an entry that is no mapping", line)
        wanted = [dict(item) for item in images or ()]
        missing = []
        for pin in pins:
            entry = self.entry(pin)
            if entry is None:
                missing.append(pin.fields())
            else:
                yield from self.update(entry, pin, wanted[entry.index])
        if missing:
            yield self.insertion(missing)
            wanted += missing
        if wanted:
            expected["images"] = wanted

    def entry(self, pin: Pin) -> ImageEntry | None:
        found = [entry for entry in self.entries if entry.name == pin.name]
        if len(found) > 1:
            raise self.refusal(
                f"{pin.name} has an entry on line {found[0].line} already", found[1].line
            )
        return found[0] if found else None

    def update(self, entry: ImageEntry, pin: Pin, wanted: dict[str, Any]) -> Iterator[_Splice]:
        path = ("images", entry.index)
        if "tagSuffix" in wanted:
            line = self.document.line_of((*path, "tagSuffix"))
            raise self.refusal("tagSuffix makes a tag of its own", line)
        if pin.digest is None and "digest" in wanted:
            # A digest would outrank the tag, so it has to go: its line, or its place to the tag.
            del wanted["digest"]
            if "newTag" in wanted:
                yield self.removal((*path, "digest"))
            else:
                wanted["newTag"] = pin.tag
                yield self.renaming((*path, "digest"), "newTag")
                yield self.replacement((*path, "digest"), pin.tag)
                return
        behind = "newTag" if "newTag" in wanted else list(wanted)[-1]
        for key, value in pin.fields().items():
            if key not in wanted:
                yield self.addition(path, key, value, behind)
            elif wanted[key] != value:
                yield self.replacement((*path, key), value)
            wanted[key] = value

    def replacement(self, path: NodePath, value: str) -> _Splice:
        """Replace a scalar, in its own quotes."""
        mark = self.document.marks.get(path)
        if mark is None or not mark.bare or mark.style not in _WORDS:
            raise self.refusal(
                f"{path[-1]} is no plain or quoted word of its own", self.document.line_of(path)
            )
        blank = " " if mark.start == mark.end else ""
        return _Splice(mark.start, mark.end, blank + _written(value, mark.style))

    def renaming(self, path: NodePath, key: str) -> _Splice:
        """Replace a key, in its own quotes."""
        mark = self.document.keys.get(path)
        if mark is None or not mark.bare or mark.style not in _WORDS:
            raise self.refusal(f"{path[-1]} is no plain key", self.document.line_of(path))
        return _Splice(mark.start, mark.end, _written(key, mark.style))

    def removal(self, path: NodePath) -> _Splice:
        """Take out a key and its value, where no comment would go with them."""
        line = self.document.line_of(path)
        key, value = self.document.keys.get(path), self.document.marks.get(path)
        if key and value and value.bare and value.style in _WORDS:
            start, end = self.layout.line_start(key.start), self.layout.line_end(value.end)
            before, behind = self.text[start : key.start], self.text[value.end : end]
            alone = not (before + behind).strip(" \t\r")
            if "#" in self.text[key.end : value.start]:
                pass
            elif alone and end < len(self.text):
                return _Splice(start, end + 1, "")
            elif alone:
                start = len(self.text[:start].removesuffix("\n").removesuffix("\r"))
                return _Splice(start, end, "")
            elif comma := _COMMA_BEFORE.search(before):
                return _Splice(start + comma.start(), value.end, "")
        raise self.refusal(f"{path[-1]} has to go, but not what stands around it", line)

    def addition(self, path: NodePath, key: str, value: str, behind: str) -> _Splice:
        """Add a key to an entry, behind the key `behind`."""
        mapping = self.document.marks.get(path)
        if mapping is None or not mapping.bare:
            raise self.refusal("the entry is shared by an anchor", self.document.line_of(path))
        mark = self.document.marks.get((*path, behind))
        if mark is None or mark.style not in _WORDS:
            raise self.refusal(f"nothing can be added behind {behind}", self.document.line_of(path))
        written = self.field(key, value, path[1])
        if mapping.style == "flow":
            return _Splice(mark.end, mark.end, f", {written}")
        column = self.document.keys[(*path, behind)].column
        return self.lines_behind(mark.end, [f"{' ' * column}{written}"])

    def insertion(self, items: Sequence[dict[str, str]]) -> _Splice:
        """Add entries that are not there, in the style of those that are."""
        top, mark = self.document.marks[()], self.document.marks.get(("images",))
        if "images" not in self.document.value:
            key = _written("images", self.layout.key_style())
            if top.style == "flow":
                return self.into_flow((), top, [f"{key}: [{', '.join(self.flow(items))}]"])
            lines = self.block(items, self.layout.list_column())
            lines.insert(0, f"{' ' * self.layout.top_column()}{key}:")
            return self.lines_behind(self.layout.document_end(), lines)
        if mark is None or not mark.bare or mark.style == "alias":
            raise self.refusal("images is shared by an anchor", self.document.line_of(("images",)))
        if mark.style == "flow":
            return self.into_flow(("images",), mark, self.flow(items))
        if mark.style == "block":
            end = self.layout.item_end(("images",), mark.column)
            return self.lines_behind(end, self.block(items, mark.column))
        if top.style == "flow" or mark.start != mark.end:
            raise self.refusal("images is null where a list belongs", mark.line)
        return self.lines_behind(mark.end, self.block(items, self.layout.list_column()))

    def into_flow(self, path: NodePath, mark: Mark, items: Sequence[str]) -> _Splice:
        """Add to a list or mapping in brackets, on lines of their own where its items have them."""
        closing = mark.end - 1
        count = len(path) + 1
        inside = [at for at in self.document.marks if len(at) == count and at[: len(path)] == path]
        end = self.layout.last_end(path, within=closing) if inside else mark.start + 1
        if "#" in self.text[end:closing]:
            raise self.refusal("nothing can be added to this list safely", mark.line)
        if not inside:
            return _Splice(end, end, ", ".join(items))
        separator = f",{self.layout.flow_break(inside[-1])}"
        return _Splice(end, end, "".join(f"{separator}{item}" for item in items))

    def block(self, items: Sequence[dict[str, str]], column: int) -> list[str]:
        """Write entries as lines."""
        lines = []
        for item in items:
            lead = f"{' ' * column}-{self.layout.dash_gap()}"
            for key, value in item.items():
                lines.append(f"{lead}{self.field(key, value)}")
                lead = " " * len(lead)
        return lines

    def flow(self, items: Sequence[dict[str, str]]) -> list[str]:
        """Write entries in braces."""
        return [
            f"{{{', '.join(self.field(key, value) for key, value in item.items())}}}"
            for item in items
        ]

    def field(self, key: str, value: str, index: str | int | None = None) -> str:
        quotes = self.layout.value_style(key, index)
        return f"{_written(key, self.layout.key_style())}: {_written(value, quotes)}"

    def lines_behind(self, end: int, lines: Sequence[str]) -> _Splice:
        """Put whole lines behind the line in which `end` lies."""
        newline = self.layout.line_end(end)
        rest = self.text[end:newline]
        eol = self.layout.line_break(newline)
        if not _BLANK_OR_COMMENT.fullmatch(rest.removesuffix("\r")):
            line = self.text.count("\n", 0, end) + 1
            raise self.refusal("nothing can be added behind this line safely", line)
        if newline == len(self.text):
            return _Splice(newline, newline, f"{eol}{eol.join(lines)}")
        return _Splice(newline + 1, newline + 1, f"{eol.join(lines)}{eol}")


def _written(value: str, style: str) -> str:
    """Write a word in the quotes of its neighbours, or quoted where it would not stay a word."""
    if style == "plain":
        return value if goyaml.is_plain_string(value) else f'"{value}"'
    return f"{style}{value}{style}"
