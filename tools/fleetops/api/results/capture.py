"""What of an environment was written down as a release."""

from __future__ import annotations

from fleetops.api.results.base import Result


class Capture(Result, frozen=True, kw_only=True, tag="capture"):
    """A release that was written down from what an environment runs."""

    release: str
    environment: str
    file: str
    images: dict[str, str]
    """By service, as references."""
    notes: tuple[str, ...]
    """What is not part of it, and why."""
