"""Colours for a terminal."""

from __future__ import annotations

_COLOURS = {"+": 32, "-": 31, "~": 33}


def coloured(line: str) -> str:
    """Colour a line of a comparison by its sign."""
    colour = _COLOURS.get(line.lstrip()[:1])
    return f"\x1b[{colour}m{line}\x1b[0m" if colour else line
