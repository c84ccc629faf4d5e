"""The releases, and where they run."""

from __future__ import annotations

from msgspec import Struct

from fleetops.api.results.base import Result


class ReleaseSummary(Struct, frozen=True, kw_only=True):
    """A release of the catalogue."""

    release: str
    description: str
    images: dict[str, str]
    """By service, the whole reference."""
    environments: tuple[str, ...]
    """Where it runs."""


class Releases(Result, frozen=True, kw_only=True, tag="releases"):
    """The catalogue."""

    releases: tuple[ReleaseSummary, ...]
    notes: tuple[str, ...] = ()
    """The environments of which it is not known what they run, and why."""
