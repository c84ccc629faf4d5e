"""What every forge can do: open a pull request, or bring the open one up to date."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.errors import RefusedError
from fleetops.forge.http import UnreachableError

if TYPE_CHECKING:
    from fleetops.forge.http import Api

_TRIES: Final = 3
_PAUSE: Final = 1.0
"""Seconds before the second try; twice as many before the next."""


class Draft(Struct, frozen=True):
    """A pull request as it is to be."""

    head: str
    """The branch with the change, of the same repository."""
    base: str
    title: str
    body: str


class Found(Struct, frozen=True):
    """A pull request that there is."""

    number: int
    url: str


class Opened(Struct, frozen=True):
    """A pull request that is as it is to be."""

    number: int
    url: str
    new: bool


class Forge(ABC):
    """One repository on a forge."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._project = project
        """The path of the repository, without a slash at its ends."""

    def publish(self, draft: Draft) -> Opened:
        """Open the pull request of two branches, or update the one that is open.

        Raises RefusedError with the forge's words where it refuses, and UnreachableError where it
        does not answer, three times.
        """
        for number in range(1, _TRIES):
            try:
                return self._publish(draft)
            except UnreachableError:
                time.sleep(_PAUSE * number)
        return self._publish(draft)

    def _publish(self, draft: Draft) -> Opened:
        # Looked for each time: an answer that did not arrive may have opened it.
        found = self.find(draft)
        if found is None:
            try:
                created = self.create(draft)
            except RefusedError:
                # Somebody else may have opened it just now.
                found = self.find(draft)
                if found is None:
                    raise
            else:
                return Opened(created.number, created.url, new=True)
        self.update(found, draft)
        return Opened(found.number, found.url, new=False)

    @abstractmethod
    def find(self, draft: Draft) -> Found | None:
        """Find the open pull request of the two branches, which no fork's is taken for."""

    @abstractmethod
    def create(self, draft: Draft) -> Found:
        """Open a pull request."""

    @abstractmethod
    def update(self, found: Found, draft: Draft) -> None:
        """Give a pull request another title and body."""
