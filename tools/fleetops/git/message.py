"""What a promotion's commit says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.words import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
)


class Step(Struct, frozen=True):
    """An environment that comes to run the release."""

    environment: str
    before: str | None
    """The release that it ran, None where it was none as a whole."""
    images: Sequence[tuple[str, str, str]]
    """Service, old and new version of each image that changes."""


class Accepted(Struct, frozen=True):
    """A danger that somebody takes responsibility for."""

    rule: str
    reason: str


class Message(Struct, frozen=True):
    """A commit's message, as its parts."""

    release: str
    steps: Sequence[Step]
    accepted: Sequence[Accepted] = ()
    back: bool = False
    """The release is one that ran there before."""

    @property
    def subject(self) -> str:
        """The first line."""
        where = named([one.environment for one in self.steps])
        if self.back:
            return _line(f"Roll {where} back to {self.release}")
        return _line(f"Promote {self.release} in {where}")

    def __str__(self) -> str:
        parts = [self.subject]
        for step in self.steps:
            head = [step.environment] if len(self.steps) > 1 else []
            parts.append("\n".join((*head, *_rows(step.images))))
        parts.append("\n".join(self._trailers()))
        return "\n\n".join(parts) + "\n"

    def _trailers(self) -> Iterator[str]:
        yield _line(f"Release: {self.release}")
        for step in self.steps:
            yield _line(f"Environment: {step.environment}")
            yield _line(f"From: {step.before or 'no release as a whole'}")
        for one in self.accepted:
            yield _line(f"Accepted: {one.rule} because {one.reason}")


def _rows(images: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    width = max((len(service) for service, _, _ in images), default=0)
    for service, old, new in images:
        yield _line(f"{service.ljust(width)}  {old} -> {new}")


def _line(text: str) -> str:
    """Make one line of what may come from a hostile repository."""
    return _UNPRINTABLE.sub(" ", text).strip()
