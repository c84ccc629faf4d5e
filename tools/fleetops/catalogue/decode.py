"""From YAML to frozen values, with the line and the nearest right word where that fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository

T = TypeVar("T", bound=msgspec.Struct)

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_WRONG_TYPE = re.compile(r"Expected `str`, got `(?:int|float|bool|null)`")
_SHOWN = 100
"""Characters of a value that are repeated."""
_FORM = re.compile(r"Expected `str` (?:matching regex|of length) ")
_TYPE = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
_TYPES = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a mapping",
    "str": "a text",
}
"""What a person calls the types that msgspec names."""


def read_struct(repository: Repository, path: str, kind: type[T]) -> tuple[T, goyaml.Document]:
    """Read the one document of a file as a `kind`.

    Raises InputError with file and line.
    """
    documents = goyaml.read(repository.read_text(path), path, marks=True)
    if len(documents) != 1:
        raise InputError(
            f"has {len(documents)} YAML documents where one belongs", place=Place(path)
        )
    document = documents[0]
    try:
        return msgspec.convert(document.value, kind), document
    except msgspec.ValidationError as error:
        message, at, where = str(error).rpartition(" - at ")
        if not at:
            message, where = where, ""
        try:
            steps = _steps(where.strip("`"), document.value, kind)
        except (LookupError, TypeError, AttributeError):
            # A key that looks like msgspec's own words.
            message, steps = str(error), ()
        raise _explained(message, steps, kind, Place(path), document) from None


def _explained(
    message: str, steps: goyaml.NodePath, kind: type, place: Place, document: goyaml.Document
) -> InputError:
    at = ".".join(str(step) for step in steps) or "the file"
    if found := _UNKNOWN.match(message):
        field = found[1]
        line = document.line_of((*steps, field))
        words = unknown("key", field, _fields(kind, steps))
        return InputError(f"{words} in {at}", place=Place(place.path, line))
    hint = "quote it: YAML reads it as something else" if _WRONG_TYPE.match(message) else None
    place = Place(place.path, document.line_of(steps))
    return InputError(
        f"{at}: {_plain(message, steps, kind, document.value)}", place=place, hint=hint
    )


def _plain(message: str, steps: goyaml.NodePath, kind: type, value: Any) -> str:  # noqa: ANN401
    """Say in plain words what msgspec says of the value at `steps`."""
    if _FORM.match(message) or message.startswith("Invalid enum value"):
        for step in steps:
            value = value[step]
        shown = repr(value)[:_SHOWN]
        here = _schema(kind, steps)
        for choice in (here, *here.get("anyOf", ())):
            if "enum" in choice:
                return f"{shown} is none of {', '.join(map(str, choice['enum']))}"
            if "description" in choice:
                return f"{shown} cannot stand here: {choice['description']}"
    message = message.replace("Object missing required field", "lacks the key")
    if message.startswith("lacks"):
        return message
    message = message.replace("Expected", "expected").replace("of length >= 1", "that is not empty")
    return _TYPE.sub(lambda found: " or ".join(_types(found[1])), message)


def _types(words: str) -> Iterator[str]:
    return (_TYPES.get(word, word) for word in words.split(" | "))


def _steps(where: str, value: Any, kind: type) -> goyaml.NodePath:  # noqa: ANN401
    """Turn `$.images[...].tag` into keys and indices; msgspec names no mapping's key."""
    steps: list[str | int] = []
    for key, index, any_key in _STEP.findall(where):
        if any_key:
            steps.append(_culprit(value, tuple(steps), kind))
        else:
            steps.append(int(index) if index else key)
    return tuple(steps)


def _culprit(value: Any, steps: goyaml.NodePath, kind: type) -> str:  # noqa: ANN401
    """Find the key of the mapping at `steps` that fails also when it is alone."""
    mapping: dict[str, Any] = value
    for step in steps:
        mapping = mapping[step]  # type: ignore[index]
    for key, item in mapping.items():
        try:
            msgspec.convert(_with(value, steps, {key: item}), kind)
        except msgspec.ValidationError:
            return key
    return next(iter(mapping))


def _with(value: Any, steps: goyaml.NodePath, new: Any) -> Any:  # noqa: ANN401
    if not steps:
        return new
    copy = value.copy()
    copy[steps[0]] = _with(value[steps[0]], steps[1:], new)
    return copy


def _fields(kind: type, steps: goyaml.NodePath) -> list[str]:
    """List the keys that are allowed at `steps`."""
    return list(_schema(kind, steps).get("properties", {}))


def _schema(kind: type, steps: goyaml.NodePath) -> dict[str, Any]:
    """Give what the published schema says of the value at `steps`."""
    schemas, components = msgspec.json.schema_components([kind], ref_template="{name}")
    node: dict[str, Any] = components[schemas[0]["$ref"]]
    for step in steps:
        if isinstance(step, int):
            node = node["items"]
        elif step in node.get("properties", {}):
            node = node["properties"][step]
        else:
            node = node["additionalProperties"]
        for choice in (node, *node.get("anyOf", ())):
            if "$ref" in choice:
                node = components[choice["$ref"]]
                break
    return node
