"""What was waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.live import live_lines

if TYPE_CHECKING:
    from fleetops.api.results.wait import Wait


def lines(result: Wait) -> list[str]:
    """Write it as lines."""
    where = f"in the cluster {result.cluster.context}"
    last = {
        "reached": f"{result.environment} runs {result.release} {where}",
        "timeout": f"{result.environment} does not run {result.release} {where}, it was waited for",
        "failed": f"{result.environment} does not come to run {result.release} {where}",
    }[result.outcome]
    return [
        *(f"waiting: {line}" for line in result.waiting),
        *live_lines(result.live),
        *(f"not seen: {note}" for note in result.cluster.notes),
        f"{last} ({result.seconds:.1f} s)",
    ]
