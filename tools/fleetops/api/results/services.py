"""What is run of a service, by Git or in a cluster."""

from __future__ import annotations

from msgspec import Struct


class ServiceStatus(Struct, frozen=True, kw_only=True):
    """What an environment runs of a service."""

    service: str
    image: str
    versions: tuple[str, ...]
    """As in `:release2`; none where it does not run, several where its workloads differ."""
    expected: str | None = None
    """The version in the environment's release; None where that does not have the service."""
