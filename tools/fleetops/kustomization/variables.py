"""What Flux fills into a render: `postBuild` of the Kustomization that syncs an overlay.

Read in github.com/fluxcd/pkg, kustomize v1.35.7 and envsubst v1.7.1.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository

_GROUP: Final = "kustomize.toolkit.fluxcd.io"
_SWITCH: Final = f"{_GROUP}/substitute"
SUBSTITUTE: Final = ("spec", "postBuild", "substitute")
"""Where a Kustomization of Flux gives the variables."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN: Final = re.compile(r"\$\$|\$\{(?P<said>[^{}]*)(?P<end>\}?)")
_SAID: Final = re.compile(rf"(?P<name>{_NAME.pattern})((:=|:-|=)(?P<default>[^$\\]*))?")
_CHANGING: Final = (
    *("commonMetadata", "components", "images", "namePrefix", "nameSuffix", "patches"),
    "targetNamespace",
)
"""What else of a Kustomization of Flux changes the render."""


class Variables(Struct, frozen=True):
    """The variables that Flux fills in."""

    values: dict[str, str]
    place: Place
    """Where they are given."""

    def fill(self, text: str) -> str:
        """Fill them into a render.

        Raises InputError for a variable without a value, where Flux would put nothing, and for
        what is more than a variable with a default.
        """
        return "---\n".join(self._filled(one) for one in re.split(r"(?m)^---\n", text))

    def _filled(self, document: str) -> str:
        if not self.values or "$" not in document or _is_left_alone(document):
            return document
        return _TOKEN.sub(self._value, document)

    def _value(self, found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        said = _SAID.fullmatch(found["said"]) if found["end"] else None
        if said is None:
            raise InputError(f"{found[0]} is no variable that can be filled in", place=self.place)
        value = self.values.get(said["name"]) or said["default"]
        if value is None and said["name"] not in self.values:
            raise InputError(
                f"gives {said['name']} no value, and Flux would put nothing in its place",
                place=self.place,
                hint=f"give it one, or write $${{{said['name']}}} where it is for somebody else",
            )
        return value or ""


def read_variables(repository: Repository, path: str, overlay: str, place: Place) -> Variables:
    """Read the variables for an overlay from the file of its Kustomization of Flux.

    `place` is where the file is named. Raises InputError where it has none for the overlay, or says
    more of the render than can be known here.
    """
    real = repository.resolve(path, place=place)
    for document in goyaml.read(repository.read_text(real), real, marks=True):
        if synced_by(document.value) != overlay:
            continue
        for field, why in _unknown(document.value):
            raise InputError(why, place=Place(real, document.line_of(field)))
        return Variables(
            dict(_values(document, real)), Place(real, document.line_of(SUBSTITUTE[:2]))
        )
    raise InputError(f"{path} has no Kustomization of Flux that syncs {overlay}", place=place)


def synced_by(value: Any) -> str | None:  # noqa: ANN401
    """Give the overlay that an object syncs, if it is a Kustomization of Flux with a path."""
    group = str(dig(value, "apiVersion")).rpartition("/")[0]
    path = dig(value, "spec", "path")
    if group != _GROUP or dig(value, "kind") != "Kustomization" or not isinstance(path, str):
        return None
    return os.path.normpath(path.lstrip("/"))


def _unknown(value: Any) -> Iterator[tuple[goyaml.NodePath, str]]:  # noqa: ANN401
    for field in _CHANGING:
        if dig(value, "spec", field):
            yield ("spec", field), f"spec.{field} is not supported: say it in the overlay"
    if dig(value, "spec", "postBuild", "substituteFrom"):
        words = "substituteFrom is not supported: what it refers to is known in a cluster only"
        yield ("spec", "postBuild", "substituteFrom"), words


def _values(document: goyaml.Document, path: str) -> Iterator[tuple[str, str]]:
    given = dig(document.value, *SUBSTITUTE)
    if given is not None and not isinstance(given, dict):
        place = Place(path, document.line_of(SUBSTITUTE))
        raise InputError(f"{'.'.join(SUBSTITUTE)} is no mapping", place=place)
    for name, value in (given or {}).items():
        if not _NAME.fullmatch(name) or not isinstance(value, str):
            place = Place(path, document.line_of((*SUBSTITUTE, name)))
            raise InputError(f"{name} is no variable with a word as its value", place=place)
        yield name, value.replace("\n", "")


def _is_left_alone(document: str) -> bool:
    if _SWITCH not in document:
        return False
    metadata = [dig(one.value, "metadata") for one in goyaml.read(document, "the render")]
    return any(
        dig(one, part, _SWITCH) == "disabled"
        for one in metadata
        for part in ("labels", "annotations")
    )
