"""Versions that follow from others without a render: where only tags and digests differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fleetops.kustomization.entries import image_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from fleetops.kustomization.closure import Closure
    from fleetops.kustomization.entries import ImageEntry

_LATER = ("imageTags", "replacements", "transformers", "validators", "vars")
"""What kustomize does behind `images:`, or instead."""
_WORDS = ("newTag", "digest")
_PLAIN = re.compile(r"(:\w[\w.-]*)?(@\w+:\w+)?", re.ASCII)
"""A version that comes out of a render as it went in."""


def retagged(
    old: Closure, versions: Mapping[str, AbstractSet[str]], new: Closure
) -> Mapping[str, AbstractSet[str]] | None:
    """Give the versions that `new` runs, where `old` runs `versions`, and these tell.

    All files but that of the overlay's own kustomization have to be the same. Nothing in that may
    differ but tags and digests in its `images:`, which kustomize sets last; and the images of such
    an entry, which none may rename, have to run in the version that it gives. None where only a
    render can tell.
    """
    before, after = old.top.document.value, new.top.document.value
    if any(key in before for key in _LATER) or _rest(before) != _rest(after):
        return None
    entries = image_entries(old.top.document)
    names = [one.name for one in entries]
    renamed = set(_renamed(old))
    found = dict(versions)
    for one, other in zip(entries, image_entries(new.top.document), strict=True):
        if (one.tag, one.digest) == (other.tag, other.digest):
            continue
        version = _version(other)
        if (
            not version
            or one.name in renamed
            or names.count(one.name) > 1
            or versions.get(one.name) != {_version(one)}
        ):
            return None
        found[one.name] = {version}
    return found


def _renamed(closure: Closure) -> Iterator[str]:
    """Give the names that images are renamed from or to anywhere."""
    for kustomization in closure.kustomizations:
        for entry in image_entries(kustomization.document):
            if entry.new_name:
                yield from (entry.name, entry.new_name)


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
    """Give the version that an entry sets, nothing where it sets none or that is not sure."""
    tag = f":{entry.tag}" if entry.tag else ""
    version = f"{tag}@{entry.digest}" if entry.digest else tag
    return version if _PLAIN.fullmatch(version) else ""
