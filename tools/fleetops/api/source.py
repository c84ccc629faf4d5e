"""From an object back to the place where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fleetops.errors import Place
from fleetops.kustomization import Tracer
from fleetops.remotes.paths import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.files import Repository
    from fleetops.manifests import Manifest
    from fleetops.render import Render


class Places(Protocol):
    """Files that objects are written in."""

    @property
    def remotes(self) -> Mapping[str, Place]:
        """The commits of other repositories that they are of, and the lines that name these."""

    def find(self, manifest: Manifest, path: tuple[str | int, ...], /) -> Place:
        """Find the line of a field."""

    def removal(self, manifest: Manifest, path: tuple[str | int, ...], /) -> Place | None:
        """Find what takes away what an object of another state has at a path."""


class Source:
    """The files that a render is of."""

    def __init__(self, render: Render, repository: Repository) -> None:
        self._top = Place(render.closure.top.path)
        self.remotes: Mapping[str, Place] = render.closure.remotes
        self._tracer = Tracer(repository, render.closure)

    def find(self, manifest: Manifest | None, path: tuple[str | int, ...]) -> Place:
        """Find the line of a field, or the overlay for what is written nowhere in it."""
        found = self._tracer.trace(manifest, path) if manifest else None
        return found or self._top

    def removal(self, manifest: Manifest, path: tuple[str | int, ...]) -> Place | None:
        """Find the patch that takes away what an object of another state has at a path."""
        return self._tracer.removal(manifest, path)


def find_new(
    sources: tuple[Places, Places], manifest: Manifest, path: tuple[str | int, ...]
) -> Place:
    """Find what makes the new one of two states have what it has at a path."""
    return _cause(sources[1].find(manifest, path), sources[1], sources[0])


def find_gone(
    sources: tuple[Places, Places], manifest: Manifest, path: tuple[str | int, ...]
) -> Place:
    """Find what takes away what the old one of two states had at a path, or where that stood."""
    removal = sources[1].removal(manifest, path)
    return removal or _cause(sources[0].find(manifest, path), sources[0], sources[1])


def _cause(place: Place, side: Places, other: Places) -> Place:
    """Give the line that names a place's commit, where the other side does not have that commit."""
    while (label := split(place.path)[0]) in side.remotes and label not in other.remotes:
        place = side.remotes[label]
    return place
