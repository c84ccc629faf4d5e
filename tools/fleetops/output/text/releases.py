"""The releases, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.releases import Releases


def lines(result: Releases) -> list[str]:
    """Write it as lines."""
    rows = [("release", "runs on", "description")]
    rows += [
        (one.release, ", ".join(one.environments) or "-", one.description)
        for one in result.releases
    ]
    return [*table(rows), *result.notes]
