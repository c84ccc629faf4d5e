"""What a promotion would make of environments' overlays, in memory and in scratch copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.change import wanted_images
from fleetops.errors import Place
from fleetops.kustomization import Pin, image_entries, set_images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.catalogue import Environment, Release
    from fleetops.files import Repository
    from fleetops.kustomization import Closure


class Plan(Struct, frozen=True):
    """An edit of the file that holds an environment's images."""

    environment: Environment
    path: str
    old: str
    new: str
    """The same as `old` where the file names the release already."""
    overlays: tuple[tuple[Repository, Closure], ...]
    """The overlay as it is and, if that is another, as it would be."""
    wanted: Mapping[str, tuple[str, str]]
    """Service and whole reference of each image, by its name in the render."""

    @property
    def changes(self) -> bool:
        """Whether any file of the overlay changes."""
        return len(self.overlays) > 1

    @property
    def place(self) -> Place:
        """Where the images are that are edited, or would be."""
        return self.overlays[0][1].top.place("images")

    @property
    def repository(self) -> Repository:
        """Where the overlay is as it would be."""
        return self.overlays[-1][0]


def make_plans(
    bench: Bench, release: Release, environments: Sequence[Environment]
) -> tuple[Plan, ...]:
    """Plan a promotion in environments, as one change; nothing of the repository is written.

    Raises InputError for an overlay that cannot be edited, RefusedError where two services would
    have one image.
    """
    repository = bench.fleet.repository
    closures = [bench.fleet.closure(environment) for environment in environments]
    tops = {closure.top.path: closure.top.text for closure in closures}
    edited = {
        closure.top.path: set_images(
            closure.top.text, closure.top.path, pins(_arriving(release, closure))
        )
        for closure in closures
    }
    plans = []
    for environment, closure in zip(environments, closures, strict=True):
        path = closure.top.path
        overlays = [(repository, closure)]
        parts = {one.path for one in closure.kustomizations}
        if any(edited[part] != tops[part] for part in parts & edited.keys()):
            copy = bench.edited(repository, closure, edited)
            overlays.append((copy, bench.fleet.closure_in(copy, environment)))
        entries = image_entries(overlays[-1][1].top.document)
        wanted = wanted_images(_arriving(release, closure), entries, Place(path))
        plan = Plan(environment, path, tops[path], edited[path], tuple(overlays), wanted)
        plans.append(plan)
    return tuple(plans)


def _arriving(release: Release, closure: Closure) -> Release:
    """Name the images as they reach the overlay's own entries: bases may have renamed them."""
    images = {
        service: replace(image, name=closure.arriving(image.name))
        for service, image in release.images.items()
    }
    return replace(release, images=images)


def pins(release: Release) -> tuple[Pin, ...]:
    """Say what a kustomization has to hold of a release."""
    return tuple(
        Pin(image.name, image.tag, f"sha256:{image.digest.sha256}" if image.digest else None)
        for image in release.images.values()
    )
