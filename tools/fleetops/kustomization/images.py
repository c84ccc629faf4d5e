"""Text-preserving edits of a kustomization's `images:`.

The YAML is read for where its scalars stand, and only those spans of the text change: comments,
quotes, order, indentation, line endings and a missing final newline stay as they are. Where that is
not safe (anchors, aliases, two entries of one name, block scalars) the edit is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleetops import goyaml
from fleetops.errors import InputError, Place, RefusedError
from fleetops.manifests import mappings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Pin:
    """What an image shall run as."""

    name: str
    """The name that the base writes, which is the `name:` of the entry."""
    tag: str
    digest: str | None = None
    """With its algorithm, as in `sha256:…`."""


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """An item of `images:` as it stands."""

    index: int
    line: int
    name: str
    new_name: str | None
    tag: str | None
    digest: str | None

    def rename(self, name: str) -> str:
        """Give the name that the entry puts in the place of `name`."""
        return self.new_name or name


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


def image_entries(document: goyaml.Document) -> tuple[ImageEntry, ...]:
    """List the items of `images:`."""
    if not isinstance(document.value, dict):
        return ()
    return tuple(
        ImageEntry(
            index,
            document.line_of(("images", index)),
            str(item.get("name", "")),
            _text(item.get("newName")),
            _text(item.get("newTag")),
            _text(item.get("digest")),
        )
        for index, item in mappings(document.value.get("images"))
    )


def set_images(text: str, path: str, pins: Iterable[Pin]) -> str:
    """Give `text` with every pin in its `images:`; the same text if it is so already.

    Raises InputError if it is no kustomization, RefusedError with the line where it is not safe.
    """
    documents = goyaml.read(text, path, marks=True)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise InputError("is not one kustomization", place=Place(path))
    document = documents[0]
    editor = _Editor(text, path, document)
    expected = dict(document.value)
    splices = list(editor.edits(tuple(pins), expected))
    edited = text
    # From the end, so that no index moves; what was asked first stands first at one place.
    for _, splice in sorted(enumerate(splices), key=lambda item: (item[1].start, item[0]))[::-1]:
        edited = edited[: splice.start] + splice.text + edited[splice.end :]
    if not _says(edited, expected):
        raise editor.refusal("this file cannot be edited safely", document.line_of(("images",)))
    return edited


def _text(value: Any) -> str | None:  # noqa: ANN401
    return None if value is None or value == "" else str(value)


class _Editor:
    """Finds the spans to change in one kustomization."""

    def __init__(self, text: str, path: str, document: goyaml.Document) -> None:
        self.text = text
        self.path = path
        self.document = document
        self.eol = "\r\n" if "\r\n" in text else "\n"

    def refusal(self, message: str, line: int | None) -> RefusedError:
        return RefusedError(
            message,
            place=Place(self.path, line),
            hint="edit this place by hand, then promote again; nothing was written",
        )

    def edits(self, pins: Sequence[Pin], expected: dict[str, Any]) -> Iterator[_Splice]:
        """Give the splices, and make of `expected` what the file has to say behind them."""
        images = self.document.value.get("images")
        if images is not None and not isinstance(images, list):
            raise self.refusal("images is not a list", self.document.line_of(("images",)))
        wanted = [dict(item) if isinstance(item, dict) else item for item in images or ()]
        missing = []
        for pin in pins:
            entry = self.entry(pin)
            if entry is None:
                missing.append(pin)
            else:
                yield from self.update(entry, pin, wanted[entry.index])
        if missing:
            yield from self.insert(missing, wanted)
        if wanted:
            expected["images"] = wanted

    def entry(self, pin: Pin) -> ImageEntry | None:
        found = [entry for entry in image_entries(self.document) if entry.name == pin.name]
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
        has_tag, has_digest = "newTag" in wanted, "digest" in wanted
        if has_digest and pin.digest is None:
            # A digest would outrank the tag, so it has to go: its line, or its place to the tag.
            del wanted["digest"]
            if has_tag:
                yield self.removal((*path, "digest"))
            else:
                wanted["newTag"] = pin.tag
                yield from self.swap((*path, "digest"), "newTag", pin.tag)
                return
        if not has_tag:
            yield self.addition(path, "newTag", pin.tag)
        elif wanted["newTag"] != pin.tag:
            yield self.scalar((*path, "newTag"), pin.tag)
        wanted["newTag"] = pin.tag
        if pin.digest is not None:
            if not has_digest:
                after = "newTag" if has_tag else None
                yield self.addition(path, "digest", pin.digest, after=after)
            elif wanted["digest"] != pin.digest:
                yield self.scalar((*path, "digest"), pin.digest)
            wanted["digest"] = pin.digest

    def scalar(self, path: goyaml.NodePath, value: str) -> _Splice:
        """Replace a scalar, in its own quotes."""
        mark = self.document.marks.get(path)
        if mark is None or not mark.bare or mark.style not in ("plain", "'", '"'):
            raise self.refusal(
                f"{path[-1]} is no plain or quoted word of its own", self.document.line_of(path)
            )
        return _Splice(mark.start, mark.end, _written(value, mark.style))

    def swap(self, path: goyaml.NodePath, key: str, value: str) -> Iterator[_Splice]:
        """Replace key and value where they stand."""
        yield self.scalar(path, value)
        mark = self.document.keys[path]
        if not mark.bare or mark.style not in ("plain", "'", '"'):
            raise self.refusal(f"{path[-1]} is no plain key", mark.line)
        yield _Splice(mark.start, mark.end, _written(key, mark.style))

    def removal(self, path: goyaml.NodePath) -> _Splice:
        """Take out a line that holds nothing but this key and its value."""
        key, value = self.document.keys[path], self.document.marks.get(path)
        start = self.text.rfind("\n", 0, key.start) + 1
        if value is not None and value.bare and value.style in ("plain", "'", '"'):
            newline = self.text.find("\n", value.end)
            end = len(self.text) if newline < 0 else newline + 1
            before, behind = self.text[start : key.start], self.text[value.end : end]
            if not before.strip(" ") and not behind.strip():
                if newline < 0:
                    start -= len(self.eol)
                return _Splice(start, end, "")
        raise self.refusal(f"{path[-1]} has to go, but does not stand alone on its line", key.line)

    def addition(
        self, path: goyaml.NodePath, key: str, value: str, *, after: str | None = None
    ) -> _Splice:
        """Add a key to an entry, behind `after` or at its end."""
        mapping = self.document.marks.get(path)
        if mapping is None or not mapping.bare:
            raise self.refusal("the entry is shared by an anchor", self.document.line_of(path))
        last = after or list(_at(self.document.value, path))[-1]
        mark = self.document.marks.get((*path, last))
        if mark is None or mark.style not in ("plain", "'", '"'):
            raise self.refusal(f"nothing can be added behind {last}", self.document.line_of(path))
        written = f"{key}: {_written(value, self.style(path))}"
        if mapping.style == "flow":
            return _Splice(mark.end, mark.end, f", {written}")
        column = self.document.keys[(*path, last)].column
        return self.line_behind(mark.end, f"{' ' * column}{written}")

    def style(self, path: goyaml.NodePath) -> str:
        """Tell how the nearest tag, digest or name is quoted."""
        index = path[1] if len(path) > 1 else None
        entries = sorted(
            image_entries(self.document), key=lambda entry: (entry.index != index, -entry.index)
        )
        for key in ("newTag", "digest", "name"):
            for entry in entries:
                mark = self.document.marks.get(("images", entry.index, key))
                if mark is not None and mark.style in ("plain", "'", '"'):
                    return mark.style
        return "plain"

    def insert(self, pins: Sequence[Pin], wanted: list[Any]) -> Iterator[_Splice]:
        """Add entries that are not there, in the style of those that are."""
        style = self.style(())
        items = [_fields(pin) for pin in pins]
        wanted.extend(dict(item) for item in items)
        mark = self.document.marks.get(("images",))
        top = self.document.marks[()]
        if "images" not in self.document.value:
            if top.style == "flow":
                yield self.into_flow(top, f"images: {_flow(items, style)}", self.document.value)
            else:
                lines = ["images:", *self.block(items, style, self.list_indent())]
                yield self.line_behind(self.comments_end(), self.eol.join(lines))
        elif mark is None or not mark.bare:
            raise self.refusal("images is shared by an anchor", self.document.line_of(("images",)))
        elif self.document.value["images"] is None:
            if top.style == "flow" or mark.start != mark.end:
                raise self.refusal("images is null where a list belongs", mark.line)
            lines = self.block(items, style, self.list_indent())
            yield self.line_behind(self.document.keys["images",].end + 1, self.eol.join(lines))
        elif mark.style == "flow":
            yield self.into_flow(mark, _flow(items, style)[1:-1], self.document.value["images"])
        else:
            # The last item's end is where its last scalar ends, whatever comments follow.
            end = self.last_end(("images",))
            lines = self.block(items, style, mark.column)
            yield self.line_behind(end, self.eol.join(lines))

    def into_flow(self, mark: goyaml.Mark, addition: str, collection: Any) -> _Splice:  # noqa: ANN401
        closing = mark.end - 1
        if not collection:
            return _Splice(mark.start + 1, closing, addition)
        end = closing
        while self.text[end - 1] in " \t\r\n":
            end -= 1
        comment = "#" in self.text[self.text.rfind("\n", 0, end) + 1 : end]
        if self.text[end - 1] == "," or comment:
            raise self.refusal("nothing can be added to this list safely", mark.line)
        return _Splice(end, end, f", {addition}")

    def block(self, items: Sequence[dict[str, str]], style: str, column: int) -> list[str]:
        indent, gap = " " * column, self.gap()
        lines = []
        for item in items:
            lead = f"{indent}-{gap}"
            for key, value in item.items():
                lines.append(f"{lead}{key}: {_written(value, style)}")
                lead = " " * len(lead)
        return lines

    def gap(self) -> str:
        """Give the blanks between a dash and its item."""
        mark = self.document.marks.get(("images", 0))
        if mark is None or mark.style != "block":
            return " "
        line = self.text[self.text.rfind("\n", 0, mark.start) + 1 : mark.start]
        found = re.fullmatch(r" *-( +)", line)
        return found[1] if found else " "

    def list_indent(self) -> int:
        """Tell how far the file indents the items of its lists."""
        for key in self.document.value:
            mark = self.document.marks.get((key,))
            if (
                mark is not None
                and mark.style == "block"
                and isinstance(self.document.value[key], list)
            ):
                return mark.column
        return 0

    def comments_end(self) -> int:
        """Find the end of the file, or of the last line before a marker that ends the document."""
        end = self.last_end(())
        lines = self.text[end:].splitlines(keepends=True)
        at = end
        for number, line in enumerate(lines):
            if number and line.strip() and not line.lstrip(" ").startswith("#"):
                break
            at += len(line)
            if line.strip():
                end = at
        return len(self.text[:end].rstrip("\r\n"))

    def last_end(self, path: goyaml.NodePath) -> int:
        """Find where the last scalar at or below `path` ends."""
        length = len(path)
        ends = [
            mark.end
            for table in (self.document.marks, self.document.keys)
            for at, mark in table.items()
            if at[:length] == path and mark.style not in ("block", "|", ">")
        ]
        blocks = [
            len(self.text[: mark.end].rstrip())
            for at, mark in self.document.marks.items()
            if at[:length] == path and mark.style in ("|", ">")
        ]
        return max(ends + blocks)

    def line_behind(self, end: int, lines: str) -> _Splice:
        """Put whole lines behind the line in which `end` lies."""
        newline = self.text.find("\n", end)
        rest = self.text[end : len(self.text) if newline < 0 else newline]
        if rest.strip() and not re.match(r"\s+#", rest):
            line = self.text.count("\n", 0, end) + 1
            raise self.refusal("nothing can be added behind this line safely", line)
        if newline < 0:
            return _Splice(len(self.text), len(self.text), f"{self.eol}{lines}")
        return _Splice(newline + 1, newline + 1, f"{lines}{self.eol}")


def _says(text: str, expected: Any) -> bool:  # noqa: ANN401
    try:
        return [document.value for document in goyaml.read(text, "")] == [expected]
    except InputError:
        return False


def _at(value: Any, path: goyaml.NodePath) -> Any:  # noqa: ANN401
    for step in path:
        value = value[step]
    return value


def _fields(pin: Pin) -> dict[str, str]:
    fields = {"name": pin.name, "newTag": pin.tag}
    return fields if pin.digest is None else {**fields, "digest": pin.digest}


def _flow(items: Sequence[dict[str, str]], style: str) -> str:
    written = (
        ", ".join(f"{key}: {_written(value, style)}" for key, value in item.items())
        for item in items
    )
    return f"[{', '.join(f'{{{item}}}' for item in written)}]"


def _written(value: str, style: str) -> str:
    """Write a word in the quotes of its neighbours, or quoted where it would not stay a word."""
    if style == "plain":
        return value if goyaml.is_plain_string(value) else f'"{value}"'
    return f"{style}{value}{style}"
