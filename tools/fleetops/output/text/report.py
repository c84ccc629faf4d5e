"""Several results, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text import lines_of

if TYPE_CHECKING:
    from fleetops.api.results.report import Report


def lines(result: Report) -> list[str]:
    """Write it as lines."""
    parts = (result.status, result.validation, result.comparison)
    first, *more = (lines_of(one) for one in parts if one is not None)
    return [*first, *(line for lines in more for line in ("", *lines))]
