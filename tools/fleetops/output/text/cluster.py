"""The throwaway clusters, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.cluster import Clusters


def lines(result: Clusters) -> list[str]:
    """Write it as lines."""
    if not result.clusters:
        return ["there is no cluster"]
    if all(one.state == "ended" for one in result.clusters):
        return [f"ended {', '.join(one.name for one in result.clusters)}"]
    rows = [("cluster", "state", "server", "memory", "kubeconfig")]
    notes = []
    for one in result.clusters:
        memory = f"{sum(part.memory for part in one.parts) >> 20} MiB" if one.parts else "-"
        rows.append((one.name, one.state, one.server or "-", memory, one.kubeconfig or "-"))
        if one.note:
            notes += [f"{one.name}: {one.note}", *(f"    {line}" for line in one.log)]
    return [*table(rows), *notes]
