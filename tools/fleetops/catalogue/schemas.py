"""Where further schemas are: nothing in what is named may lead out of the repository."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import msgspec

from fleetops.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository

_ENDINGS = (".json", ".yaml", ".yml")
_INSIDE = re.compile("#")
_BUILT_IN = re.compile(r"https?://json-schema\.org/(draft-0[467]|draft/20(19-09|20-12))/schema#?\Z")
_WORDS = {
    "$ref": _INSIDE,
    "$dynamicRef": _INSIDE,
    "$recursiveRef": _INSIDE,
    "$schema": _BUILT_IN,
}
"""Key to what its value has to be, so that there is nothing to fetch."""


def schema_files(repository: Repository, entry: str, place: Place) -> Iterator[str]:
    """Give a file, or those that may hold schemas in a folder and below it, sorted.

    Raises InputError: at `place`, where the entry is named, if it is neither, or at a link.
    """
    real = repository.resolve(entry, place=place)
    if not repository.is_directory(real):
        if "CustomResourceDefinition" not in repository.read_text(real, place=place):
            message = f"{entry} is no folder, and defines no custom resource"
            raise InputError(message, place=place)
        yield real
        return
    for directory, folders, files in sorted(os.walk(repository.root / real)):
        at = os.path.relpath(directory, repository.root)
        for name in sorted(folders):
            if os.path.islink(f"{directory}/{name}"):  # noqa: PTH114
                raise InputError("is a symbolic link", place=Place(f"{at}/{name}"))
        yield from (f"{at}/{name}" for name in sorted(files) if name.endswith(_ENDINGS))


def judge_schemas(repository: Repository, entry: str, place: Place) -> None:
    """Refuse what kubeconform would fetch something for, and what it cannot read.

    Raises InputError as `schema_files` does, or with the file.
    """
    for path in schema_files(repository, entry, place):
        if path.endswith(".json"):
            _judge(repository, path)


def _judge(repository: Repository, path: str) -> None:
    try:
        reference = next(_outward(msgspec.json.decode(repository.read_bytes(path))), None)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", place=Place(path)) from None
    if reference is not None:
        raise InputError(
            f"refers to {reference}, and nothing is fetched",
            place=Place(path),
            hint="write out in the schema what it refers to",
        )


def _outward(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Give the references to other documents."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _WORDS and isinstance(item, str) and not _WORDS[key].match(item):
                yield item
            yield from _outward(item)
    elif isinstance(value, list):
        for item in value:
            yield from _outward(item)
