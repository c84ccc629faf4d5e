"""What was written to describe a repository."""

from __future__ import annotations

from fleetops.api.results.base import Result


class Initialisation(Result, frozen=True, kw_only=True, tag="init"):
    """A fleetops.yaml that was written, and a first catalogue."""

    file: str
    environments: dict[str, str]
    """Name to overlay, in their order."""
    catalogue: str
    releases: tuple[str, ...]
    notes: tuple[str, ...]
    """What could not be read or rendered, or is not part of a release, and why."""
