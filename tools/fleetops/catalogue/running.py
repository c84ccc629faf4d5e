"""Which release it is that an environment runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from fleetops.catalogue.releases import Release


def running_release(
    versions: Mapping[str, AbstractSet[str]], releases: Mapping[str, Release]
) -> Release | None:
    """Find the release of which every image runs, and in that version only.

    Where several fit, it is the one that says most; of equals, the latest.
    """
    found = None
    for release in releases.values():
        if all(
            versions.get(image.name) == {image.version} for image in release.images.values()
        ) and (found is None or len(release.images) >= len(found.images)):
            found = release
    return found


def releases_with(name: str, version: str, releases: Mapping[str, Release]) -> tuple[str, ...]:
    """List the releases that have an image in a version."""
    return tuple(
        release.name
        for release in releases.values()
        if any((image.name, image.version) == (name, version) for image in release.images.values())
    )
