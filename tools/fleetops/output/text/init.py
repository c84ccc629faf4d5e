"""What was written to describe a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.init import Initialisation


def lines(result: Initialisation) -> list[str]:
    """Write it as lines."""
    rows = [("environment", "overlay"), *result.environments.items()]
    files = [result.file, *(f"{result.catalogue}/{name}.yaml" for name in result.releases)]
    return [*table(rows), *result.notes, f"wrote {', '.join(files)}: read them, and commit them"]
