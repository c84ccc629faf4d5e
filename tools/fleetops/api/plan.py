"""What a promotion would make of an environment's overlay, in memory and in a scratch copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.change import wanted_images
from fleetops.errors import Place
from fleetops.kustomization import Pin, image_entries, read_closure, set_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.api.fleet import Bench
    from fleetops.catalogue import Environment, Release
    from fleetops.files import Repository
    from fleetops.kustomization import Closure


class Plan(Struct, frozen=True):
    """An edit of the file that holds an environment's images."""

    path: str
    old: str
    new: str
    """The same as `old` where the environment runs the release already."""
    overlays: tuple[tuple[Repository, Closure], ...]
    """The overlay as it is and, if that is another, as it would be."""
    wanted: Mapping[str, tuple[str, str]]
    """Service and whole reference of each image, by its name in the render."""

    @property
    def repository(self) -> Repository:
        """Where the overlay is as it would be."""
        return self.overlays[-1][0]


def make_plan(bench: Bench, release: Release, environment: Environment) -> Plan:
    """Plan a promotion; nothing of the repository is written.

    Raises InputError for an overlay that cannot be edited, RefusedError where two services would
    have one image.
    """
    repository, closure = bench.fleet.repository, bench.fleet.closure(environment)
    path, old = closure.top.path, closure.top.text
    new = set_images(old, path, pins(release))
    overlays = [(repository, closure)]
    if new != old:
        copy = bench.edited(repository, closure, {path: new})
        overlays.append((copy, read_closure(copy, closure.overlay)))
    entries = image_entries(overlays[-1][1].top.document)
    wanted = wanted_images(release, entries, Place(path))
    return Plan(path, old, new, tuple(overlays), wanted)


def pins(release: Release) -> tuple[Pin, ...]:
    """Say what a kustomization has to hold of a release."""
    return tuple(
        Pin(image.name, image.tag, f"sha256:{image.digest.sha256}" if image.digest else None)
        for image in release.images.values()
    )
