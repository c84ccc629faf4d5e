"""What each environment runs, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.live import live_lines
from fleetops.output.text.tables import table
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.api.results.services import ServiceStatus
    from fleetops.api.results.status import Lag, Status


def lines(result: Status) -> list[str]:
    """Write it as lines."""
    services = [one.service for one in result.environments[0].services]
    rows = [("environment", "release", *services)]
    lines = []
    for environment in result.environments:
        name, live = environment.environment, environment.live
        rows.append((name, environment.release or "none", *_cells(environment.services)))
        if live is not None:
            if live.rollouts:
                rows.append(("  live", live.release or "none", *_cells(live.services)))
            lines += [f"{name}, live:", *live_lines(live)]
    off = [f"{one.environment}: {line}" for one in result.environments for line in one.off]
    lags = [
        f"{one.environment}: {_behind(one.lag)}"
        for one in result.environments
        if one.lag is not None
    ]
    return [*table(rows), *lags, *off, *_cluster_lines(result), *lines]


def _cells(services: Sequence[ServiceStatus]) -> list[str]:
    return [
        ", ".join(version.removeprefix(":") for version in one.versions) or "-" for one in services
    ]


def _cluster_lines(result: Status) -> list[str]:
    cluster = result.cluster
    if cluster is None:
        return []
    absent = [one.environment for one in result.environments if one.live is None]
    return [
        f"cluster: {cluster.context}, Kubernetes {cluster.kubernetes.removeprefix('v')}",
        *([f"nothing of it is there: {', '.join(absent)}"] if absent else []),
        *([] if cluster.commit else ["this work tree has no commit to compare with"]),
        *(f"not seen: {note}" for note in cluster.notes),
    ]


def _behind(lag: Lag) -> str:
    many = f"{count(lag.releases, 'release')}{' or more' if lag.at_least else ''}"
    since = f" since {lag.since:%Y-%m-%d %H:%MZ}" if lag.since else ""
    return f"{many} behind {lag.environment}{since}"
