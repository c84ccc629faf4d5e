"""Checks on parts of a kustomization that have no effect. kustomize passes them by in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.checks.interface import Check, Problem
from fleetops.errors import InputError
from fleetops.kustomization import image_entries
from fleetops.manifests import Severity, dig, mappings, split_image
from fleetops.manifests import images as run_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fleetops.checks.interface import Scene
    from fleetops.kustomization import Kustomization
    from fleetops.manifests import Manifest

MAX_PROBES = 200
"""Renders that are spent on the items of one list."""
_ASKED = ("group", "version", "kind", "name")


def unmatched_image(scene: Scene) -> Iterator[Problem]:
    """An entry of `images:` matches no image.

    kustomize passes over an entry whose name no container has, so the version that it gives is run
    nowhere, however often it is promoted. Usually the name is misspelt, lacks its registry, or the
    container is gone. Name the image as the base does, or take the entry out.
    """
    names = {
        split_image(reference).name
        for manifest in scene.manifests
        for _, reference in run_images(manifest.value)
    }
    for kustomization in scene.closure.kustomizations if scene.closure else ():
        own = _own_text(scene, kustomization)
        suspects = {
            entry.index: entry
            for entry in image_entries(kustomization.document)
            if entry.rename(entry.name) not in names or entry.name not in (own or entry.name)
        }

        images = kustomization.document.value.get("images")

        def renamed(chosen: Sequence[int], items: Any = images) -> list[Any]:  # noqa: ANN401
            probe = "fleetops.invalid/probe"
            return [
                {"name": item["name"], "newName": probe} if at in chosen else item
                for at, item in enumerate(items)
            ]

        for index in _idle(scene, kustomization, "images", list(suspects), renamed):
            entry = suspects[index]
            message = f"no container has the image {entry.name}"
            yield Problem(message, source=(kustomization.path, entry.line))


def unmatched_patch(scene: Scene) -> Iterator[Problem]:
    """A patch changes nothing.

    kustomize passes over a patch whose `target` selects no object, so what it should change (a
    limit, say, or a node port) is not changed. Usually an object was renamed and its patch was not,
    or `images:` decides what it says. Let the target select the object again, or take the patch
    out.
    """
    objects = {_identity(manifest) for manifest in scene.manifests}
    for kustomization in scene.closure.kustomizations if scene.closure else ():
        own = _own_text(scene, kustomization)
        for key in ("patches", "patchesJson6902"):
            patches = kustomization.document.value.get(key)
            suspects = [
                index
                for index, patch in mappings(patches)
                if patch.get("target") is not None
                and not (
                    _selects(patch["target"], objects)
                    and str(dig(patch["target"], "name") or "") in (own or str(patch["target"]))
                )
            ]

            def without(chosen: Sequence[int], patches: Any = patches) -> list[Any]:  # noqa: ANN401
                return [item for at, item in enumerate(patches) if at not in chosen]

            for index in _idle(scene, kustomization, key, suspects, without):
                place = kustomization.place(key, index)
                message = "this patch changes nothing: does its target select an object?"
                yield Problem(message, source=(place.path, place.line or 1))


def unread_source(scene: Scene) -> Iterator[Problem]:
    """A file brings nothing into the render, or not all that is in it.

    kustomize takes a file that is empty, or holds comments only, for no objects, and stops reading
    behind a line `...` unless `---` follows it. Nothing says that what was meant to be applied is
    not. Usually a file was truncated or a separator lost: put it right, or take the file out.
    """
    for kustomization in scene.closure.kustomizations if scene.closure else ():
        for path in (*kustomization.resources, *kustomization.patches):
            try:
                text = scene.read(path)
            except InputError as error:
                yield Problem(error.message, source=(path, 1))
            else:
                yield from _unread(path, text)


def _unread(path: str, text: str) -> Iterator[Problem]:
    ended, content = False, False
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        if line.startswith("---"):
            ended = False
        elif ended:
            yield Problem("what follows the line `...` is not read", source=(path, number))
            return
        elif line.startswith("..."):
            ended = True
        content = content or word not in {"---", "...", "null", "~"}
    if not content:
        yield Problem("holds no object", source=(path, 1))


def _own_text(scene: Scene, kustomization: Kustomization) -> str | None:
    """Give the text of all that a kustomization works on; None where it is more than files.

    A name that is in the render, but not here, comes from beside or above this kustomization, so
    nothing of it reaches there.
    """
    value = kustomization.document.value
    loaded = [one for key in ("resources", "bases", "components") for one in value.get(key) or ()]
    if len(loaded) > len(kustomization.resources) or value.get("generators"):
        return None
    if kustomization.charts:
        return None
    try:
        return "".join(map(scene.read, (*kustomization.resources, *kustomization.patches)))
    except InputError:
        return None


def _idle(
    scene: Scene,
    kustomization: Kustomization,
    key: str,
    suspects: list[int],
    changed: Callable[[Sequence[int]], list[Any]],
) -> Iterator[int]:
    """Give the items of a list whose change changes nothing.

    They are tried together, and by halves only where together they do change something: mostly
    that is one render, however many there are.
    """
    groups = [suspects] if suspects else []
    tried = 0
    while groups:
        group = groups.pop()
        tried += 1
        if tried > MAX_PROBES:
            raise InputError(
                f"has more items without visible effect than can be tried: {key}",
                place=kustomization.place(key),
            )
        if not _changes(scene, kustomization, key, changed(group)):
            yield from group
        elif len(group) > 1:
            half = len(group) // 2
            groups += [group[half:], group[:half]]


def _changes(scene: Scene, kustomization: Kustomization, key: str, value: Any) -> bool:  # noqa: ANN401
    """Tell whether the render is another one with `value` for `key`; where unknown, yes."""
    other = scene.probe(kustomization.path, {**kustomization.document.value, key: value})
    return other is None or other != scene.manifests


def _identity(manifest: Manifest) -> tuple[str, ...]:
    """Give what a target can ask for by a word, in the order of _ASKED."""
    reference = manifest.reference
    version = manifest.api_version.rpartition("/")[2]
    return reference.group, version, reference.kind, reference.name


def _selects(target: Any, objects: set[tuple[str, ...]]) -> bool:  # noqa: ANN401
    """Tell whether a target surely selects something, by the words of _ASKED alone.

    To kustomize they are regular expressions (api/types/selector.go). One that is more than a word
    is not tried here, where it could take for ever: Go's expressions cannot, so kustomize is asked.
    """
    if not isinstance(target, dict) or not set(target) <= set(_ASKED):
        return False
    words = [target.get(key) for key in _ASKED]
    return any(
        all(not word or word == part for word, part in zip(words, one, strict=True))
        for one in objects
    )


CHECKS = (
    Check(unmatched_image, Severity.ERROR),
    Check(unmatched_patch, Severity.ERROR),
    Check(unread_source, Severity.ERROR),
)
