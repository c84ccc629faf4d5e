"""Results for a person, plain enough for a log."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fleetops.output.clean import clean

if TYPE_CHECKING:
    from fleetops.api.results.base import Result


def as_text(result: Result, *, colour: bool = False) -> str:
    """Write a result as lines; what a terminal or a CI runner would obey comes out as its code.

    With `colour`, what differs between two states is told apart by it.
    """
    written = map(clean, lines_of(result))
    if colour:
        from fleetops.api.results.comparison import Comparison
        from fleetops.output.colour import coloured

        if isinstance(result, Comparison):
            written = map(coloured, written)
    return "\n".join(written)


def lines_of(result: Result) -> list[str]:
    """Write a result as lines: what does that is in the module of the name of the result's own."""
    module = import_module(f"{__name__}.{type(result).__module__.rpartition('.')[2]}")
    lines: list[str] = module.lines(result)
    return lines
