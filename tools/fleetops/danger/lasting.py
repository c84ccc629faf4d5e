"""The containers of an object that may write what outlives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.manifests import dig, images, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

_JOBS = (("batch", "Job"), ("batch", "CronJob"))
_PASSING = ("configMap", "downwardAPI", "emptyDir", "ephemeral", "image", "projected", "secret")
"""Volumes that go with the pod."""


def lasting_images(manifest: Manifest) -> Iterator[tuple[NodePath, str]]:
    """Give the images of the containers that may hold data, with the paths to them.

    One that runs to its end, at the start of a pod or in a Job, is the client of another, unless it
    mounts a volume that outlives the pod.
    """
    ends = manifest.reference[:2] in _JOBS
    for path, reference in images(manifest.value):
        if path[-1] != "image":
            # That is a volume.
            continue
        container = manifest.get(*path[:-1])
        starts = path[-3] != "containers" and container.get("restartPolicy") != "Always"
        if not (ends or starts) or _keeps(container, manifest.get(*path[:-3])):
            yield path, reference


def _keeps(container: dict[str, Any], pod: Any) -> bool:  # noqa: ANN401
    """Tell whether a container mounts what outlives its pod; templates of claims make that too."""
    passing = {
        str(volume.get("name"))
        for _, volume in mappings(dig(pod, "volumes"))
        if any(volume.get(kind) is not None for kind in _PASSING)
    }
    return any(
        str(mount.get("name")) not in passing
        for key in ("volumeMounts", "volumeDevices")
        for _, mount in mappings(container.get(key))
    )
