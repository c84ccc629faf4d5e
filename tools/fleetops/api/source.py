"""From an object back to the place where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.errors import Place
from fleetops.kustomization import Tracer
from fleetops.remotes.paths import split

if TYPE_CHECKING:
    from fleetops.files import Repository
    from fleetops.manifests import Manifest
    from fleetops.render import Render


class Source:
    """The files that a render is of."""

    def __init__(self, render: Render, repository: Repository) -> None:
        self._top = Place(render.closure.top.path)
        self._remotes = render.closure.remotes
        self._tracer = Tracer(repository, render.closure)

    def find(self, manifest: Manifest | None, path: tuple[str | int, ...]) -> Place:
        """Find the line of a field, or the overlay for what is written nowhere in it."""
        found = self._tracer.trace(manifest, path) if manifest else None
        return found or self._top

    def removal(self, manifest: Manifest, path: tuple[str | int, ...]) -> Place | None:
        """Find the patch that takes away what an object of another state has at a path."""
        return self._tracer.removal(manifest, path)

    def cause(self, place: Place, other: Source) -> Place:
        """Give the line that names a place's commit, where `other` does not have that commit."""
        while (label := split(place.path)[0]) in self._remotes and label not in other._remotes:
            place = self._remotes[label]
        return place


def find_new(
    sources: tuple[Source, Source], manifest: Manifest | None, path: tuple[str | int, ...]
) -> Place:
    """Find what makes the new one of two states have what it has at a path."""
    return sources[1].cause(sources[1].find(manifest, path), sources[0])


def find_gone(
    sources: tuple[Source, Source], manifest: Manifest, path: tuple[str | int, ...]
) -> Place:
    """Find what takes away what the old one of two states had at a path, or where that stood."""
    removal = sources[1].removal(manifest, path)
    return removal or sources[0].cause(sources[0].find(manifest, path), sources[1])
