"""What differs between two states as lines, which begin with +, - or ~ as in a diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.api.results.comparison import (
        Comparison,
        EnvironmentChange,
        FieldChange,
        ObjectChange,
    )

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "~"}
_LONGEST = 160
"""Characters of a value that are shown."""
_MOST_LINES = 40
"""Lines of a text that are shown."""
_MOST_COMPARED = 2000
"""Lines of a text that are compared: comparing takes the square of them."""


def title(result: Comparison) -> str:
    """Say which states are compared."""
    return f"{_state(result.start)} -> {_state(result.end)}"


def _state(name: str) -> str:
    return name[:12] if " " not in name else name


def headline(change: EnvironmentChange) -> str:
    """Say of an environment how much differs."""
    if change.outcome == "broken":
        return f"{change.environment}: cannot be compared"
    changes = sum(len(one.fields) or 1 for one in change.objects)
    said = f"{count(changes, 'change')} in {count(len(change.objects), 'object')}"
    if change.outcome in {"added", "removed"}:
        said = f"the environment is {change.outcome}, with {count(len(change.objects), 'object')}"
    elif not change.objects:
        said = "no change"
    reasons = [f"{number} {reason}" for reason, number in change.left_out.items()]
    left_out = f"; changes nothing: {', '.join(reasons)}" if reasons else ""
    dangers = f"; {count(len(change.dangers), 'danger')}" if change.dangers else ""
    return f"{change.environment}: {said}{left_out}{dangers}"


def lines(change: EnvironmentChange) -> Iterator[str]:
    """Say what differs."""
    if change.problem is not None:
        yield change.problem
    for one in change.objects:
        formerly = f", formerly {one.formerly}" if one.formerly is not None else ""
        place = _place(one) if one.outcome != "changed" else ""
        yield f"{_SIGNS[one.outcome]} {one.resource}{formerly}{place}"
        for field in one.fields:
            yield from _field(field)


def _field(field: FieldChange) -> Iterator[str]:
    sign, before, after = _SIGNS[field.outcome], field.before, field.after
    reason = f", which changes nothing ({field.reason})" if field.reason else ""
    start, end = f"{sign}   {field.path}: ", f"{reason}{_place(field)}"
    if field.outcome == "moved":
        yield f"{start}in another order{end}"
    elif field.outcome == "added":
        yield f"{start}{_value(after)}{end}"
    elif field.outcome == "removed":
        yield f"{start}{_value(before)}{end}"
    elif _is_text(before) and _is_text(after):
        yield f"{start}a text changes{end}"
        yield from _text(before.splitlines(), after.splitlines())
    else:
        yield f"{start}{_value(before)} -> {_value(after)}{end}"


def _is_text(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, str) and "\n" in value.strip()


def _text(before: list[str], after: list[str]) -> Iterator[str]:
    if max(len(before), len(after)) > _MOST_COMPARED:
        yield f"~     {count(len(before), 'line')} -> {count(len(after), 'line')}"
        return
    import difflib

    changed = [
        f"{line[0]}     {_short(line[1:])}"
        for line in difflib.unified_diff(before, after, n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    yield from changed[:_MOST_LINES]
    if len(changed) > _MOST_LINES:
        yield f"~     and {count(len(changed) - _MOST_LINES, 'more line')}"


def _value(value: Any) -> str:  # noqa: ANN401
    return _short(msgspec.json.encode(value).decode())


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text)} characters)"


def _place(one: FieldChange | ObjectChange) -> str:
    return f"  ({one.file}:{one.line})" if one.line else f"  ({one.file})"
