"""The loop over libyaml's events; there is no recursion, and every cost has a limit."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from msgspec.structs import replace

from fleetops.errors import InputError, Place
from fleetops.goyaml.document import Document, Mark
from fleetops.goyaml.scalars import MAX_INT64, MERGE_TAG, float_key, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.goyaml.document import NodePath

# What libyaml hands over has no types; values are what JSON has.
# ruff: noqa: ANN401

MAX_DEPTH = 200
"""Nested collections; the deepest objects in use, CustomResourceDefinitions, have about 60."""
MAX_ALIASED = 200_000
"""Nodes that the aliases of one file may stand for."""
MAX_DIRECTIVES = 100
"""`%TAG` lines, which nobody writes."""
MAX_MARKS = 100_000
"""Nodes of one file whose places are kept; a large kustomization has some hundreds."""
_SHORT = 16 * 1024
_REMEMBERED = 256

_INNER_BOM = re.compile("(?<=[\n\r\x85\u2028\u2029\ufeff])\ufeff")
_LEAVES = (yaml.ScalarEvent, yaml.AliasEvent)


class LimitError(InputError):
    """The nesting or the aliases of a file go beyond what is read. Exit code 1."""


def is_plain_string(text: str) -> bool:
    """Tell whether `text` may stand unquoted and is read as itself."""
    try:
        documents = read(f"k: {text}\n", "text")
    except InputError:
        return False
    return [document.value for document in documents] == [{"k": text}]


def read(text: str, path: str, *, marks: bool = False) -> tuple[Document, ...]:
    """Read all documents of a stream; an empty document has the value None.

    The same text gives the same documents, which nobody changes: overlays share their bases, and
    two states of a repository most of their files. Raises InputError with the line for what is not
    YAML, a key given twice, a key that JSON cannot hold, nesting or aliases beyond the limits.
    """
    if marks and len(text) <= _SHORT:
        return _remembered(text, path, marks=True)
    return _read(text, path, marks=marks)


def _read(text: str, path: str, *, marks: bool) -> tuple[Document, ...]:
    offset = 1 if text.startswith("\ufeff") else 0
    if text.count("\n%TAG") > MAX_DIRECTIVES:
        # libyaml compares each with all before it.
        raise LimitError(f"has more than {MAX_DIRECTIVES} %TAG directives", place=Place(path))
    if found := _INNER_BOM.search(text, offset):
        line = text.count("\n", 0, found.start()) + 1
        # Go takes it for a character of the word behind it, libyaml for nothing.
        raise InputError("has a byte order mark behind the first line", place=Place(path, line))
    try:
        return tuple(_documents(text[offset:], path, offset if marks else None))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(
            f"is not YAML: {what}", place=Place(path, mark.line + 1 if mark else None)
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"is not YAML: {str(error).splitlines()[0]}", place=Place(path)) from None
    except UnicodeEncodeError:
        raise InputError("is not YAML: it holds half a character", place=Place(path)) from None


_remembered = lru_cache(_REMEMBERED)(_read)


def _documents(text: str, path: str, offset: int | None) -> Iterator[Document]:
    budget = _Budget()
    parser = yaml.CSafeLoader(text)
    try:
        while not parser.check_event(yaml.StreamEndEvent):
            event = parser.get_event()
            if type(event) is yaml.DocumentStartEvent:
                builder = _Builder(path, offset, budget)
                while builder.take(event := parser.get_event()):
                    pass
                yield builder.document(event)
    finally:
        parser.dispose()


class _Budget:
    """How many nodes of one stream aliases have stood for and marks were kept of, so far."""

    __slots__ = ("aliased", "marked")

    def __init__(self) -> None:
        self.aliased = 0
        self.marked = 0


class _Frame:
    """A collection that is being read."""

    __slots__ = ("anchor", "awaits_key", "height", "key", "merges", "path", "size", "value")

    def __init__(self, value: Any, path: NodePath, anchor: str | None) -> None:
        self.value = value
        self.path = path
        self.anchor = anchor
        self.key: str | None = None
        self.awaits_key = True
        self.merges: list[Any] = []
        self.size = 1
        self.height = 1


class _Builder:
    """Makes one document of its events."""

    def __init__(self, path: str, offset: int | None, budget: _Budget) -> None:
        self.path = path
        self.offset = offset
        self.budget = budget
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.marks: dict[NodePath, Mark] = {}
        self.keys: dict[NodePath, Mark] = {}
        self.value: Any = None
        self.line = 0

    def fail(self, message: str, event: Any) -> InputError:
        return InputError(message, place=self.place(event))

    def place(self, event: Any) -> Place:
        return Place(self.path, event.start_mark.line + 1)

    def document(self, end: Any) -> Document:
        line = self.line or end.start_mark.line + 1
        return Document(self.value, line, self.marks, self.keys)

    def take(self, event: Any) -> bool:
        """Take the next event; False at the end of the document."""
        kind = type(event)
        self.line = self.line or event.start_mark.line + 1
        if kind is yaml.ScalarEvent:
            try:
                value = scalar(event.value, event.tag, plain=event.implicit[0])
            except ValueError as error:
                raise self.fail(str(error), event) from None
            if event.anchor:
                self.anchors[event.anchor] = (value, 1, 0)
            self.attach(value, 1, 0, event)
        elif kind is yaml.MappingStartEvent:
            self.open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self.open([], event)
        elif kind is yaml.AliasEvent:
            self.attach(*self.aliased(event), event)
        elif kind is yaml.DocumentEndEvent:
            return False
        else:
            self.close(event)
        return True

    def open(self, value: Any, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            message = f"is nested deeper than {MAX_DEPTH} levels"
            raise LimitError(message, place=self.place(event))
        self.note(self.marks, event)
        self.stack.append(_Frame(value, self.child(event), event.anchor))
        if event.anchor:
            self.anchors.pop(event.anchor, None)

    def close(self, event: Any) -> None:
        frame = self.stack.pop()
        for merged in frame.merges:
            for key, item in merged.items():
                frame.value.setdefault(key, item)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.size, frame.height)
        if self.offset is not None:
            end = event.end_mark.index + self.offset
            self.marks[frame.path] = replace(self.marks[frame.path], end=end)
        self.attach(frame.value, frame.size, frame.height, event)

    def aliased(self, event: Any) -> tuple[Any, int, int]:
        if event.anchor not in self.anchors:
            raise self.fail(f"*{event.anchor} has no anchor before it", event)
        value, size, height = self.anchors[event.anchor]
        self.budget.aliased += size
        if self.budget.aliased > MAX_ALIASED or len(self.stack) + height > MAX_DEPTH:
            raise LimitError("has aliases that stand for too much", place=self.place(event))
        return value, size, height

    def attach(self, value: Any, size: int, height: int, event: Any) -> None:
        """Put a finished node where it belongs."""
        top = self.stack[-1] if self.stack else None
        if top is not None and top.awaits_key and type(top.value) is dict:
            top.key = self.key(value, top, event)
            top.awaits_key = False
            self.note(self.keys, event)
            return
        if type(event) in _LEAVES:
            self.note(self.marks, event)
        if top is None:
            self.value = value
            return
        top.size += size
        top.height = max(top.height, height + 1)
        if type(top.value) is list:
            top.value.append(value)
            return
        top.awaits_key = True
        if top.key is None:
            top.merges = self.merged(value, top, event)
        else:
            top.value[top.key] = value

    def child(self, event: Any) -> NodePath:
        if not self.stack:
            return ()
        top = self.stack[-1]
        if type(top.value) is list:
            return (*top.path, len(top.value))
        if top.awaits_key:
            raise self.fail("has a list or a mapping as a key", event)
        return (*top.path, "<<" if top.key is None else top.key)

    def key(self, value: Any, top: _Frame, event: Any) -> str | None:
        """Make a string of a key, as sigs.k8s.io/yaml does; None stands for a merge key."""
        if (
            type(event) is yaml.ScalarEvent
            and event.value == "<<"
            and (event.implicit[0] or event.tag == MERGE_TAG)
        ):
            if top.merges:
                raise self.fail("has the key '<<' twice", event)
            return None
        match value:
            case bool():
                key = "true" if value else "false"
            case str():
                key = value
            case int() if value <= MAX_INT64:
                key = str(value)
            case float():
                key = float_key(value)
            case _:
                raise self.fail("has a key that JSON cannot hold", event)
        if key in top.value:
            raise self.fail(f"has the key {key!r} twice", event)
        return key

    def merged(self, value: Any, top: _Frame, event: Any) -> list[Any]:
        # An alias may stand for one mapping, not for a list of them.
        merges = value if isinstance(value, list) and type(event) not in _LEAVES else [value]
        if not all(isinstance(item, dict) for item in merges):
            raise self.fail("has a '<<' that does not merge a mapping", event)
        for item in merges:
            # Go's readers disagree on which of the two then holds.
            if twice := item.keys() & top.value.keys():
                raise self.fail(f"has a '<<' behind {min(twice)!r}, which it merges too", event)
        return merges

    def note(self, table: dict[NodePath, Mark], event: Any) -> None:
        """Keep where a node stands, if that was asked for."""
        if self.offset is not None:
            self.budget.marked += 1
            if self.budget.marked > MAX_MARKS:
                raise self.fail(f"has more than {MAX_MARKS} values", event)
            table[self.child(event)] = self.mark(event)

    def mark(self, event: Any) -> Mark:
        start, end, offset = event.start_mark, event.end_mark, self.offset or 0
        if type(event) is yaml.AliasEvent:
            style, bare = "alias", False
        else:
            bare = event.anchor is None and event.tag is None
            if type(event) is yaml.ScalarEvent:
                style = event.style or "plain"
            else:
                style = "flow" if event.flow_style else "block"
        index = start.index + offset
        return Mark(index, end.index + offset, start.line + 1, start.column, style, bare)
