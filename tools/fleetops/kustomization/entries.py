"""What a kustomization's `images:` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.manifests import mappings

if TYPE_CHECKING:
    from fleetops.goyaml import Document


class ImageEntry(Struct, frozen=True):
    """An item of `images:` as it stands."""

    index: int
    line: int
    name: str
    new_name: str | None
    tag: str | None
    digest: str | None

    def rename(self, name: str) -> str:
        """Give the name that the entry puts in the place of `name`."""
        return self.new_name or name


def read_document(text: str, path: str) -> Document:
    """Read a kustomization, which is one mapping.

    kustomize takes the first document and passes the others by, so what follows has to be empty.
    Raises InputError where it is none.
    """
    first, *others = goyaml.read(text, path, marks=True) or (None,)
    if first is None or not isinstance(first.value, dict):
        raise InputError("is not one kustomization", place=Place(path))
    for other in others:
        if other.value is not None:
            raise InputError(
                "has a second document, which kustomize does not read",
                place=Place(path, other.line),
            )
    return first


def image_entries(document: Document) -> tuple[ImageEntry, ...]:
    """List the items of `images:`."""
    if not isinstance(document.value, dict):
        return ()
    return tuple(
        ImageEntry(
            index,
            document.line_of(("images", index)),
            _text(item.get("name")) or "",
            _text(item.get("newName")),
            _text(item.get("newTag")),
            _text(item.get("digest")),
        )
        for index, item in mappings(document.value.get("images"))
    )


def _text(value: Any) -> str | None:  # noqa: ANN401
    return None if value is None or value == "" else str(value)
