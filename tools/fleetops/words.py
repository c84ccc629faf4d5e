"""Words for a person: how many there are of what, and what was meant by an unknown one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMED = 3
"""Environments that are named; of more it is said how many there are."""
_LISTED = 20
"""Known words that are listed for an unknown one; of more it is said how many there are."""


def count(number: int, what: str) -> str:
    """Say how many there are, as in `1 error` and `2 errors`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def named(environments: Sequence[str]) -> str:
    """Name environments, as far as that can be read."""
    more = len(environments) - _NAMED
    # One name is no longer than the words that would stand for it.
    if more <= 1:
        return ", ".join(environments)
    return f"{', '.join(environments[:_NAMED])} and {more} more"


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """Say that `word` is no known `kind`, with the nearest one or else those that there are."""
    import difflib

    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"unknown {kind} {word!r} (did you mean {near[0]}?)"
    more = len(names) - _LISTED
    # One name is no longer than the words that would stand for it.
    some = names if more <= 1 else [*names[:_LISTED], f"and {more} more"]
    return f"unknown {kind} {word!r} (known: {', '.join(some) or 'none'})"
