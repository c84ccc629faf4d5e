"""The release that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.capture import Capture


def lines(result: Capture) -> list[str]:
    """Write it as lines."""
    rows = [(f"  {service}", image) for service, image in result.images.items()]
    last = f"wrote {result.file}, which is what {result.environment} runs"
    return [*table(rows), *result.notes, last]
