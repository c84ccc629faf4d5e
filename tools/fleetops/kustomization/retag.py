"""Versions that follow from others without a render: where only tags and digests differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.kustomization.entries import image_entries, origins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fleetops.kustomization.closure import Closure
    from fleetops.kustomization.entries import ImageEntry

_LATER = ("imageTags", "replacements", "transformers", "validators", "vars")
"""What kustomize does behind `images:`, or instead."""
_WORDS = ("newTag", "digest")


def retagged(
    old: Closure, versions: Mapping[str, AbstractSet[str]], new: Closure
) -> Mapping[str, AbstractSet[str]] | None:
    """Give the versions that `new` runs, where `old` runs `versions`, and these tell.

    All files but that of the overlay's own kustomization have to be the same. Nothing in that may
    differ but tags and digests in its `images:`, which kustomize sets last, and every image of such
    an entry has to run in the version that it gives. None where only a render can tell.
    """
    before, after = old.top.document.value, new.top.document.value
    if any(key in before for key in _LATER) or _rest(before) != _rest(after):
        return None
    entries = image_entries(old.top.document)
    names = origins(one.document for one in old.kustomizations)
    found = dict(versions)
    for one, other in zip(entries, image_entries(new.top.document), strict=True):
        if (one.tag, one.digest) == (other.tag, other.digest):
            continue
        name = names.get(one.rename(one.name), one.rename(one.name))
        if not _is_alone(one, entries) or versions.get(name) != {_version(one)}:
            return None
        if not _version(other):
            return None
        found[name] = {_version(other)}
    return found


def _rest(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out what may differ; a tag that is no word is none that may."""
    images = value.get("images")
    if not isinstance(images, list):
        return value
    return value | {
        "images": [
            {
                key: word
                for key, word in item.items()
                if key not in _WORDS or not isinstance(word, str)
            }
            if isinstance(item, dict)
            else item
            for item in images
        ]
    }


def _version(entry: ImageEntry) -> str:
    tag = f":{entry.tag}" if entry.tag else ""
    return f"{tag}@{entry.digest}" if entry.digest else tag


def _is_alone(entry: ImageEntry, entries: Sequence[ImageEntry]) -> bool:
    """Tell whether no other entry has a part in what the images of this one run."""
    own = {entry.name, entry.rename(entry.name)}
    return all(
        own.isdisjoint((other.name, other.rename(other.name)))
        for other in entries
        if other.index != entry.index
    )
