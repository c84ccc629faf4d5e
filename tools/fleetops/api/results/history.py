"""What an environment ran when."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the type of a field, which msgspec reads
from typing import Literal

from msgspec import Struct

from fleetops.api.results.base import Result


class VersionChange(Struct, frozen=True, kw_only=True):
    """An image that came to run in another version."""

    image: str
    before: tuple[str, ...]
    """As in `:release2`; none where it did not run."""
    after: tuple[str, ...]


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """A commit with which an environment came to run something else."""

    commit: str
    when: datetime
    """When it was committed, by the clock of whoever did."""
    author: str
    subject: str
    pull_request: str | None
    """As in `#12` or `!12`, as far as the message tells."""
    state: Literal["running", "absent", "broken"]
    release: str | None
    """None where no release ran as a whole."""
    note: str = ""
    """Why it was not running."""
    changes: tuple[VersionChange, ...] = ()
    """Against what ran before, where both are known."""
    begun: bool = True
    """False where it may have been so before this commit: what was before is not known."""


class History(Result, frozen=True, kw_only=True, tag="history"):
    """What an environment ran, from Git alone."""

    environment: str
    entries: tuple[HistoryEntry, ...]
    """The newest first."""
    end: Literal["beginning", "limit", "shallow", "bound"]
    """Why there are no more: with the `beginning` of the environment, or because no more were asked
    for, the clone is shallow, or no more commits are looked at."""
