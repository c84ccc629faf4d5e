"""What an environment has come to run while it was waited for."""

from __future__ import annotations

from typing import Literal

from fleetops.api.results.base import Result
from fleetops.api.results.live import (  # noqa: TC001 - the types of fields, which msgspec reads
    ClusterSeen,
    LiveStatus,
)


class Wait(Result, frozen=True, kw_only=True, tag="wait"):
    """The result of waiting for a release."""

    ok: bool
    """Whether the environment runs it in the cluster."""
    environment: str
    release: str
    outcome: Literal["reached", "timeout", "failed"]
    """`failed` as soon as a controller says that the sync of its newest commit has failed."""
    waiting: tuple[str, ...]
    """What was still waited for."""
    live: LiveStatus
    cluster: ClusterSeen
    seconds: float
