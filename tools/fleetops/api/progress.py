"""How far something has come, told to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


class Step(Struct, frozen=True):
    """How far something has come."""

    doing: str
    """As in `validating`."""
    done: int
    total: int
    """How many things there are, 0 where they are not done one by one."""
    thing: str = "environment"


Narrate = Callable[[str | Step], None]
"""Takes a line to be said, or how far it has come; that may be told as often as one likes."""


class Progress:
    """Tells how far it has come, whenever something is done and while something is waited for."""

    def __init__(self, narrate: Narrate) -> None:
        self._narrate = narrate
        self._step: Step | None = None

    def begin(self, doing: str) -> None:
        """Tell of something that is done in one."""
        self._tell(Step(doing, 0, 0))

    def counted(
        self, doing: str, ones: Iterable[T], total: int, done: int = 0, thing: str = "environment"
    ) -> Iterator[T]:
        """Give the rest of `total` things, of which each is done when the next is asked for."""
        self._tell(Step(doing, done, total, thing))
        for number, one in enumerate(ones, start=done + 1):
            yield one
            self._tell(Step(doing, number, total, thing))

    def wait(self, _seconds: float) -> None:
        """Tell that it goes on."""
        if self._step:
            self._narrate(self._step)

    def _tell(self, step: Step) -> None:
        self._step = step
        self._narrate(step)
