"""Drift: where a workload in a cluster runs other images than its render says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.manifests import dig, images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest, Reference


class Drift(Struct, frozen=True):
    """An image that is another one than it should be."""

    resource: Reference
    container: str
    """Its name; of an image volume the volume's."""
    live: str | None
    """None where the workload in the cluster does not have it."""
    rendered: str | None
    """None where the render does not have it."""


def drifts(rendered: Manifest, live: Manifest) -> Iterator[Drift]:
    """Compare the images of a workload, container by container, in the render's order."""
    wanted, runs = _by_name(rendered), _by_name(live)
    for place in (*wanted, *(one for one in runs if one not in wanted)):
        if runs.get(place) != wanted.get(place):
            name = str(place[-1])
            yield Drift(rendered.reference, name, runs.get(place), wanted.get(place))


def _by_name(manifest: Manifest) -> dict[NodePath, str]:
    """Give images by the path to the list that has them, and the name in it.

    What a webhook puts in front of a list moves the others.
    """
    found = {}
    for path, reference in images(manifest.value):
        at = max(index for index, step in enumerate(path) if isinstance(step, int))
        name = dig(manifest.value, *path[: at + 1], "name")
        found[*path[:at], name if isinstance(name, str) else path[at]] = reference
    return found
