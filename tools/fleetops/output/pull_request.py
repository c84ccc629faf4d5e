"""A promotion as the text of a pull request: whatever stands in it is text and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleetops.output.markdown import MOST, as_markdown, quoted
from fleetops.output.text import as_text, clean
from fleetops.words import count

if TYPE_CHECKING:
    from fleetops.api.results import Comparison, Promotion

_TITLE: Final = 200
"""Characters of a title, of which a forge takes no more than 255."""
_SUMMARY: Final = 20_000
"""Bytes for what the promotion says of itself."""


def as_pull_request(promotion: Promotion, comparison: Comparison) -> str:
    """Write a promotion as Markdown of at most MOST bytes; what is too long is cut, and said."""
    warnings = len(promotion.findings)
    checked = f"Validated: {count(warnings, 'warning') if warnings else 'nothing is wrong'}."
    said = quoted(as_text(promotion).splitlines(), _SUMMARY)
    head = f"{said}\n{checked}\n\n"
    return head + as_markdown(comparison, MOST - len(head.encode()))


def as_title(promotion: Promotion) -> str:
    """Say in a line what is promoted where."""
    where = ", ".join(one.environment for one in promotion.environments)
    return clean(f"Promote {promotion.release} in {where}")[:_TITLE]
