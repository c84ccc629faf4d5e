"""A function that finds something, and the page on what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Paged(Struct, frozen=True):
    """Its function's name is its ID and its function's docstring is its page."""

    run: Callable[[Any], Iterator[Any]]

    @property
    def id(self) -> str:
        """The ID, as in `service-selects-nothing`."""
        return self.run.__name__.replace("_", "-")

    @property
    def page(self) -> str:
        """The page that `fleetops explain` prints: a title, and a paragraph."""
        import inspect

        return inspect.cleandoc(self.run.__doc__ or "")

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.page.partition("\n")[0]
