"""What differs between two states of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output import changes
from fleetops.output.findings import finding

if TYPE_CHECKING:
    from fleetops.api.results.comparison import Comparison


def lines(result: Comparison) -> list[str]:
    """Write it as lines."""
    said = [changes.title(result)]
    for change in result.environments:
        said += [changes.headline(change), *(f"  {line}" for line in changes.lines(change))]
    said += [finding(one, one.rule) for change in result.environments for one in change.dangers]
    return said
