"""A comparison as a comment on a pull request: whatever stands in it, it is text and nothing else.

All that comes from the repository stands in fenced blocks, in lines that hold no control character,
and each fence is longer than any row of backticks in its block.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleetops.api.results.comparison import Comparison
from fleetops.api.results.validation import Validation
from fleetops.output.changes import headline, lines, title
from fleetops.output.clean import clean
from fleetops.output.findings import finding
from fleetops.output.text import as_text
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.api.results.base import Result
    from fleetops.api.results.failure import Failure

MOST = 65_000
"""Bytes; GitHub, which takes the least, takes 65,536 characters, and none has less than a byte."""
_LONGEST = 1_000
"""Characters of a line: a name may be as long as a stranger likes."""
_SUMMARY = 5_000
"""Bytes for the line that sums up a validation."""
_RESERVE = 200
"""Bytes for what is said of the rest."""


def as_markdown(result: Result, most: int = MOST) -> str:
    """Write a result as Markdown of at most that many bytes; what does not fit is counted."""
    match result:
        case Comparison():
            return _comparison(result, most)
        case Validation():
            return _validation(result, most)
        case _:
            raise TypeError(type(result))


def failed(result: Failure) -> str:
    """Write what there is instead of a result."""
    return f"### There is no result\n\n{quoted(as_text(result).splitlines(), MOST)}".rstrip("\n")


def _validation(result: Validation, most: int) -> str:
    *findings, summary = as_text(result).splitlines()
    head = f"### What a controller would apply\n\n{quoted([summary], _SUMMARY)}"
    return f"{head}\n{quoted(findings, most - len(head.encode()))}".rstrip("\n")


def _comparison(result: Comparison, most: int) -> str:
    dangers = [finding(one, one.rule) for each in result.environments for one in each.dangers]
    # First, so that they are never what does not fit.
    blocks = [(f"**{count(len(dangers), 'danger')}**", dangers)] if dangers else []
    for change in result.environments:
        # A name may look like the address of a site, which would become a link.
        name, _, said = headline(change).partition(": ")
        blocks.append((f"**`{name}`: {said}**", list(lines(change))))
    written, left = f"### What changes in the render\n\n`{title(result)}`\n", 0
    for head, content in blocks:
        block = [_line(line) for line in content]
        start = f"{written}\n{head}\n"
        room = most - _RESERVE - len(start.encode()) - 2 * _fence_length(block)
        fitting = _fitting(block, room)
        left += len(block) - fitting
        written = start + _fenced(block[:fitting]) if room > 0 else written
    if left:
        written += f"\n{count(left, 'more line')} would not fit: run `fleetops diff` to see them.\n"
    return written.rstrip("\n")


def quoted(lines: Sequence[str], most: int) -> str:
    """Write lines as text of at most that many bytes; what does not fit is counted."""
    block = [_line(line) for line in lines]
    fitting = _fitting(block, most)
    if left := len(block) - fitting:
        block = [*block[:fitting], f"{count(left, 'more line')} would not fit"]
    return _fenced(block, "text").lstrip("\n")


def _line(line: str) -> str:
    line = clean(line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _fitting(block: Sequence[str], room: int) -> int:
    """Count the lines that fit into so many bytes."""
    for number, line in enumerate(block):
        room -= len(line.encode()) + 1
        if room < 0:
            return number
    return len(block)


def _fence_length(block: Sequence[str]) -> int:
    rows = (len(row) for line in block for row in re.findall("`+", line))
    return max(3, max(rows, default=0) + 1)


def _fenced(block: Sequence[str], language: str = "diff") -> str:
    if not block:
        return ""
    fence = "`" * _fence_length(block)
    return "\n".join(("", f"{fence}{language}", *block, fence, ""))
