"""The throwaway clusters of this machine."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fleetops.api.results.base import Result


class PartStatus(Struct, frozen=True, kw_only=True):
    """A process of a cluster."""

    name: str
    process: int
    memory: int
    """Resident, in bytes."""


class ClusterStatus(Struct, frozen=True, kw_only=True):
    """What there is of a throwaway cluster."""

    name: str
    state: Literal["starting", "ready", "broken", "ended"]
    server: str | None = None
    """The URL of its API server; like what follows, of a ready one only."""
    kubeconfig: str | None = None
    parts: tuple[PartStatus, ...] = ()
    note: str | None = None
    """Which part of a broken one ended, and how."""
    log: tuple[str, ...] = ()
    """The last lines that this part printed."""


class Clusters(Result, frozen=True, kw_only=True, tag="cluster"):
    """Throwaway clusters: the one that is up now, those that were ended, or all."""

    clusters: tuple[ClusterStatus, ...]
