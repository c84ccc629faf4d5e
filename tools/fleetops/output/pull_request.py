"""A promotion as the text of a pull request: whatever stands in it is text and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleetops.output.clean import clean
from fleetops.output.markdown import MOST, as_markdown, quoted
from fleetops.output.text import as_text
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.api.results.base import Result
    from fleetops.api.results.comparison import Comparison
    from fleetops.api.results.promotion import Promotion
    from fleetops.api.results.rehearsal import Rehearsal

_TITLE: Final = 200
"""Characters of a title, of which a forge takes no more than 255."""
_SUMMARY: Final = 20_000
"""Bytes for what a promotion or a rehearsal says of itself."""


def as_pull_request(
    rehearsals: Sequence[Rehearsal], promotion: Promotion, comparison: Comparison
) -> str:
    """Write a promotion as Markdown of at most MOST bytes; what is too long is cut, and said.

    Of the rehearsals, those of its environments are part of it.
    """
    warnings = len(promotion.findings)
    checked = f"Validated: {count(warnings, 'warning') if warnings else 'nothing is wrong'}."
    head = f"{_quoted(promotion)}\n{checked}\n\n"
    environments = [one.environment for one in promotion.environments]
    for one in rehearsals:
        if one.environment in environments:
            head += f"### Rehearsed\n\n{_quoted(one)}\n"
    return head + as_markdown(comparison, MOST - len(head.encode()))


def _quoted(result: Result) -> str:
    return quoted(as_text(result).splitlines(), _SUMMARY)


def as_title(promotion: Promotion) -> str:
    """Say in a line what is promoted where, or gone back to."""
    where = ", ".join(one.environment for one in promotion.environments)
    if promotion.rollback:
        return clean(f"Roll {where} back to {promotion.release}")[:_TITLE]
    return clean(f"Promote {promotion.release} in {where}")[:_TITLE]
