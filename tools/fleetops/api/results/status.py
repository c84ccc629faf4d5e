"""What each environment runs."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the type of a field, which msgspec reads

from msgspec import Struct

from fleetops.api.results.base import Result
from fleetops.api.results.live import ClusterSeen, LiveStatus  # noqa: TC001 - the types of fields, which msgspec reads
from fleetops.api.results.services import ServiceStatus  # noqa: TC001 - the types of fields, which msgspec reads


class Lag(Struct, frozen=True, kw_only=True):
    """How far an environment is behind the one before it."""

    environment: str
    """The one before."""
    releases: int
    """How many ran there since it ran the release that this one runs, or ever if it never did."""
    at_least: bool
    """True where Git was not gone back over as far as that."""
    since: datetime | None
    """When the first of them was committed; None where that is not seen, or none is yet."""


class EnvironmentStatus(Struct, frozen=True, kw_only=True):
    """What an environment runs."""

    environment: str
    release: str | None
    """The release that it runs as a whole."""
    services: tuple[ServiceStatus, ...]
    off: tuple[str, ...] = ()
    """What is not as it should be."""
    live: LiveStatus | None = None
    """What the cluster of --live runs of it; None where nothing of it was found there."""
    lag: Lag | None = None
    """None where both run the same release, one of them none as a whole or was not looked at, or
    there is no Git."""


class Status(Result, frozen=True, kw_only=True, tag="status"):
    """The matrix of environments, services and versions."""

    environments: tuple[EnvironmentStatus, ...]
    cluster: ClusterSeen | None = None
    """With --live, the cluster."""
