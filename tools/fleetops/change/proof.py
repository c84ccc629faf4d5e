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
                    hint="another images: entry, a replacement or a transformer decides this image",
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
    for difference in differences(before, after):
        resource, changed = difference.resource, difference.after
        if changed is None or difference.before is None:
            verb = "disappear" if changed is None else "appear"
            raise _unforeseen(f"{resource} would {verb}", place)
        places = {path for path, _ in images(changed.value)}
        for field in difference.fields:
            new = field.after
            known = wanted.get(split_image(new).name) if isinstance(new, str) else None
            foreseen = known is not None and new == known[1] and field.new in places
            if known is None or not foreseen or not isinstance(field.before, str):
                # Its value may be secret.
                where = ".".join(map(str, field.path))
                raise _unforeseen(f"{resource}: {where} would change", place)
            container = changed.get(*field.new[:-1], "name")
            changes.append(ImageChange(known[0], resource, str(container), field.before, new))
    return tuple(changes)


def _unforeseen(what: str, place: Place) -> RefusedError:
    return RefusedError(
        f"{what}, and the release does not say so",
        place=place,
        hint="a promotion changes images only: what else reads them (replacements?), or comes out"
        " otherwise each time (random values of a chart)?",
    )
