"""The proof of a promotion: the render changes in exactly the images that the release names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.change.differences import differences
from fleetops.errors import RefusedError
from fleetops.manifests import images, split_image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleetops.catalogue import Release
    from fleetops.errors import Place
    from fleetops.goyaml import NodePath
    from fleetops.kustomization import ImageEntry
    from fleetops.manifests import Manifest, Reference


class ImageChange(Struct, frozen=True):
    """A container that comes to run another image."""

    service: str
    resource: Reference
    container: str
    before: str
    after: str


def wanted_images(
    release: Release, entries: Sequence[ImageEntry], place: Place
) -> dict[str, tuple[str, str]]:
    """Map the name that each image has in the render to its service and whole reference.

    An entry with `newName` (a mirror's registry, say) decides the name. Raises RefusedError at
    `place`, the file with the entries, where two services would have one name.
    """
    renames = {entry.name: entry.new_name for entry in entries if entry.new_name}
    wanted: dict[str, tuple[str, str]] = {}
    for service, image in release.images.items():
        name = renames.get(image.name, image.name)
        if name in wanted:
            raise RefusedError(
                f"{service} and {wanted[name][0]} would both run {name}",
                place=place,
                hint="give each its own newName: otherwise nobody can tell which runs",
            )
        wanted[name] = (service, f"{name}{image.version}")
    return wanted


def prove(
    before: Sequence[Manifest],
    after: Sequence[Manifest],
    wanted: Mapping[str, tuple[str, str]],
    place: Place,
) -> tuple[ImageChange, ...]:
    """Prove that the new render runs the wanted images and is otherwise the old one.

    `wanted` is what `wanted_images` gives, `place` the file that was edited. Raises RefusedError if
    an image is run by no workload, if a workload runs another version of it, or if anything else
    would change.
    """
    running: set[str] = set()
    for manifest in after:
        for path, reference in images(manifest.value):
            name = split_image(reference).name
            if name in wanted and reference != wanted[name][1]:
                raise RefusedError(
                    f"{manifest.reference} would run {reference} and not {wanted[name][1]}"
                    f" ({'.'.join(map(str, path))})",
                    place=place,
                    hint="another images: entry, patch or component decides this image",
                )
            running.add(name)
    for name, (service, reference) in wanted.items():
        if name not in running:
            raise RefusedError(
                f"no workload would run {reference}: the entry of {service} matches nothing",
                place=place,
                hint=f"does the base name the image {name}?",
            )
    changes = []
    objects = {manifest.reference: manifest for manifest in after}
    places: dict[Reference, set[NodePath]] = {}
    for difference in differences(before, after):
        old, new = difference.before, difference.after
        known = wanted.get(split_image(new).name) if isinstance(new, str) else None
        resource = difference.resource
        if known is not None and resource not in places:
            places[resource] = {path for path, _ in images(objects[resource].value)}
        if (
            known is None
            or new != known[1]
            or not isinstance(old, str)
            or difference.path not in places[resource]
        ):
            raise RefusedError(
                f"{difference}, and the release does not say so",
                place=place,
                hint="a promotion changes images only; what else reads them (replacements?)",
            )
        container = objects[difference.resource].get(*difference.path[:-1], "name")
        changes.append(ImageChange(known[0], difference.resource, str(container), old, new))
    return tuple(changes)
