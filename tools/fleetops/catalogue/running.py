"""Which release it is that an environment runs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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


def versions_of(runs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Give the versions that each image runs in, of images each in a version."""
    versions: dict[str, set[str]] = {}
    for name, version in runs:
        versions.setdefault(name, set()).add(version)
    return versions


Bearing = tuple[bool, tuple[tuple[str, str, bool, tuple[str, ...]], ...]]
"""Whether a release runs as a whole; and of each image in a version, whether the catalogue knows
the image, and the releases with that version of it."""


class Bearings:
    """What a catalogue says of whatever runs, which is all that it decides about that."""

    def __init__(self, releases: Mapping[str, Release]) -> None:
        self._releases = releases
        self._known: dict[tuple[tuple[str, str], ...], Bearing] = {}

    def of(self, runs: tuple[tuple[str, str], ...]) -> Bearing:
        """Say it of images in their versions."""
        if runs not in self._known:
            self._known[runs] = self._of(runs)
        return self._known[runs]

    def _of(self, runs: tuple[tuple[str, str], ...]) -> Bearing:
        versions = versions_of(runs)
        parts = tuple(
            (name, version, name in self._names, tuple(self._with.get((name, version), ())))
            for name, version in runs
        )
        return running_release(versions, self._releases) is not None, parts

    @cached_property
    def _names(self) -> set[str]:
        return {name for name, _ in self._with}

    @cached_property
    def _with(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for release in self._releases.values():
            for image in release.images.values():
                found.setdefault((image.name, image.version), []).append(release.name)
        return found
