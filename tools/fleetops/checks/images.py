"""Checks on the images against the catalogue of releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.catalogue import releases_with, running_release
from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene


def unreleased_image(scene: Scene) -> Iterator[Problem]:
    """A service runs a version that is in no release.

    The catalogue has releases with this image, but none with this version of it: a tag that was
    edited by hand, a release file that was never written, or a slip of the finger. Promote a
    release that exists, or add the one that is meant to the catalogue, so that it can be promoted
    elsewhere and gone back to.
    """
    known = {image.name for release in scene.releases.values() for image in release.images.values()}
    for found in scene.images:
        if found.name in known and not releases_with(found.name, found.version, scene.releases):
            yield Problem(
                f"{found.reference} is in no release", found.manifest.reference, found.path
            )


def mixed_releases(scene: Scene) -> Iterator[Problem]:
    """The environment runs no release as a whole.

    Each image is in some release, but no release has all of them as they run here. Such a mix was
    tried nowhere, and there is no name to go back to. Promote the release that is meant: it sets
    every image at once.
    """
    versions = scene.versions
    parts = {
        (name, version): releases_with(name, version, scene.releases)
        for name, ones in sorted(versions.items())
        for version in sorted(ones)
    }
    if running_release(versions, scene.releases) or not any(parts.values()):
        return
    if all(parts[key] for key in parts if any(key[0] == name for name in _names(scene))):
        said = "; ".join(
            f"{name}{version} is in {', '.join(ones)}"
            for (name, version), ones in parts.items()
            if ones
        )
        top = scene.closure.top.place("images") if scene.closure else None
        source = (top.path, top.line or 1) if top else None
        yield Problem(f"no release is run as a whole: {said}", source=source)


def _names(scene: Scene) -> set[str]:
    return {image.name for release in scene.releases.values() for image in release.images.values()}


CHECKS = (Check(unreleased_image, Severity.ERROR), Check(mixed_releases, Severity.ERROR))
