"""What went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.findings import listed

if TYPE_CHECKING:
    from fleetops.api.results.failure import Failure


def lines(result: Failure) -> list[str]:
    """Write it as lines."""
    place = f"{result.file}:{result.line}" if result.line else result.file
    message = f"{place}: {result.message}" if place else result.message
    hint = [f"  {line}" for line in (result.hint or "").splitlines()]
    log = [f"    {line}" for line in result.log]
    return [*listed(result.findings), f"fleetops: {message}", *log, *hint]
