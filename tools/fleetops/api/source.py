"""From an object back to the place where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fleetops.errors import Place
from fleetops.kustomization import Tracer

if TYPE_CHECKING:
    from fleetops.files import Repository
    from fleetops.manifests import Manifest
    from fleetops.render import Render


class Places(Protocol):
    """Files that objects are written in."""

    def find(self, manifest: Manifest, path: tuple[str | int, ...], /) -> Place:
        """Find the line of a field."""

    def removal(self, manifest: Manifest, path: tuple[str | int, ...], /) -> Place | None:
        """Find what takes away what an object of another state has at a path."""


class Source:
    """The files that a render is of."""

    def __init__(self, render: Render, repository: Repository) -> None:
        self._top = Place(render.closure.top.path)
        self._tracer = Tracer(repository, render.closure)

    def find(self, manifest: Manifest | None, path: tuple[str | int, ...]) -> Place:
        """Find the line of a field, or the overlay for what is written nowhere in it."""
        found = self._tracer.trace(manifest, path) if manifest else None
        return found or self._top

    def removal(self, manifest: Manifest, path: tuple[str | int, ...]) -> Place | None:
        """Find the patch that takes away what an object of another state has at a path."""
        return self._tracer.removal(manifest, path)


def find_gone(
    sources: tuple[Places, Places], manifest: Manifest, path: tuple[str | int, ...]
) -> Place:
    """Find what takes away what the old one of two states had at a path, or where that stood."""
    return sources[1].removal(manifest, path) or sources[0].find(manifest, path)
