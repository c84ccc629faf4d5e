"""What differs between two states of the renders, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.changes import headline, lines
from fleetops.output.html.markup import element, together
from fleetops.words import count

if TYPE_CHECKING:
    from fleetops.api.results.comparison import Comparison, EnvironmentChange
    from fleetops.output.html.markup import Markup

_MOST_LINES = 5_000
_MOST_ENVIRONMENTS = 500
_UNFOLDED = 100
"""Lines up to which an environment need not be unfolded."""
_SIGNS = {"+": "ins", "-": "del"}


def changes(comparison: Comparison) -> Markup:
    """Write a part for each environment that is not the same; what does not fit is counted."""
    changed = [one for one in comparison.environments if one.objects or one.problem is not None]
    same = len(comparison.environments) - len(changed)
    parts, room = [], _MOST_LINES
    for one in changed[:_MOST_ENVIRONMENTS]:
        said = list(lines(one))
        parts.append(_environment(one, said[:room], len(said[room:])))
        room = max(room - len(said), 0)
    left = len(changed) - len(parts)
    words = f"{count(left, 'more environment')} would not fit: fleetops diff tells of all."
    return together(
        *parts,
        element("p", words, class_="left") if left else "",
        element("p", f"Nothing changes in {count(same, 'environment')}.", class_="same")
        if same
        else "",
    )


def _environment(change: EnvironmentChange, shown: list[str], left: int) -> Markup:
    said = headline(change).removeprefix(f"{change.environment}: ")
    unfolded = {"open_": ""} if len(shown) <= _UNFOLDED else {}
    return element(
        "details",
        element("summary", element("strong", change.environment), " ", said),
        element("pre", *map(_line, shown)),
        element("p", f"{count(left, 'more line')} would not fit: fleetops diff tells of all.")
        if left
        else "",
        class_="change",
        **unfolded,
    )


def _line(line: str) -> Markup:
    # An object begins right behind its sign, and what differs in it further in.
    kind = "inner" if line[2:3] == " " else "object"
    return element(_SIGNS.get(line[:1], "span"), line, class_=kind)
