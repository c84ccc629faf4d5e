"""Which kustomizations are taken: those that say what they mean in kustomize's own spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.errors import InputError, Place
from fleetops.kustomization import fields
from fleetops.words import unknown

if TYPE_CHECKING:
    from fleetops.goyaml import Document, NodePath

_FOLDED = {name.casefold() for name in fields.NESTED}
_IMAGE = {name.casefold() for name in fields.IMAGE}


def judge(document: Document, path: str) -> None:
    """Refuse the fields that mean more than a render of this repository's files.

    kustomize reads keys without regard to case, so `Resources` would be followed too: only the
    spelling that everybody uses is taken.
    """
    for key in document.value:
        place = Place(path, document.line_of((key,)))
        if key not in fields.KNOWN:
            raise InputError(unknown("field", key, sorted(fields.KNOWN)), place=place)
    for key in (*fields.PATCHES, *fields.GENERATED, "images"):
        value = document.value.get(key)
        if value is not None and not isinstance(value, list):
            raise InputError(f"{key} is not a list", place=Place(path, document.line_of((key,))))
        for index, item in enumerate(value or ()):
            _judge_item(document, path, (key, index), item)
            if key == "images":
                _judge_image(document, path, (key, index), item)
    openapi = document.value.get("openapi")
    if openapi is not None:
        _judge_item(document, path, ("openapi",), openapi)


def _judge_item(document: Document, path: str, at: NodePath, item: Any) -> None:  # noqa: ANN401
    if not isinstance(item, dict):
        raise InputError(f"{at[0]} is no mapping", place=Place(path, document.line_of(at)))
    for name in item:
        if name not in fields.NESTED and name.casefold() in _FOLDED:
            place = Place(path, document.line_of((*at, name)))
            raise InputError(f"{name} is not written as kustomize documents it", place=place)


def _judge_image(document: Document, path: str, at: NodePath, item: dict[str, Any]) -> None:
    """Refuse what kustomize refuses in an entry without a line; null it takes for nothing."""
    for name, value in item.items():
        place = Place(path, document.line_of((*at, name)))
        if name.casefold() not in _IMAGE:
            raise InputError(unknown("key of an image", name, fields.IMAGE), place=place)
        if value is not None and not isinstance(value, str):
            hint = None
            if not isinstance(value, dict | list):
                hint = "quote it: YAML reads it as something else"
            raise InputError(f"{name} is no text", place=place, hint=hint)
