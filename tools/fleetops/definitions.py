"""CustomResourceDefinitions, and strict schemas of the custom resources that they define."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field  # noqa: TC002 - msgspec reads it

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.manifests import dig
from fleetops.strict import Kind, or_null, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.strict import Schema

# They become parts of a path.
_Group = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$(?!\n)")]
_Version = Annotated[str, Meta(pattern=r"^[a-z0-9]+$(?!\n)")]
_Name = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9]*$(?!\n)")]


class _Node(Struct):
    """What a structural schema says in the shape in which it has to."""

    type: str = ""
    enum: list[Any] = []
    required: list[str] = []
    properties: dict[str, _Node] = {}
    items: _Node | UnsetType = UNSET
    additionalProperties: _Node | bool | UnsetType = UNSET  # noqa: N815 - as it is written
    allOf: list[_Node] = []  # noqa: N815
    anyOf: list[_Node] = []  # noqa: N815
    oneOf: list[_Node] = []  # noqa: N815
    no: _Node | UnsetType = field(default=UNSET, name="not")


class _Names(Struct):
    kind: _Name


class _Validation(Struct):
    openAPIV3Schema: _Node  # noqa: N815


class _Served(Struct):
    name: _Version
    served: bool
    schema: _Validation | None = None


class _Spec(Struct):
    group: _Group
    names: _Names
    scope: str
    versions: list[_Served]


class _Definition(Struct):
    spec: _Spec


# What OpenAPI 3.0 and draft 4 have in common, but for formats: few mean the same in both.
_CONSTRAINTS = (
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "type",
)

# What an embedded resource has without saying so.
_EMBEDDED: Schema = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}


def definitions(text: str, path: str) -> Iterator[tuple[dict[str, Any], Place]]:
    """Give the CustomResourceDefinitions in a file, YAML or JSON, also those in a list.

    Raises InputError where it cannot be read.
    """
    if "CustomResourceDefinition" in text:
        for document in goyaml.read(text, path):
            for value in _items(document.value):
                if is_definition(value):
                    yield value, Place(path, document.line)


def _items(value: Any) -> Iterator[Any]:  # noqa: ANN401
    listed = dig(value, "items") if str(dig(value, "kind")).endswith("List") else None
    yield from listed if isinstance(listed, list) else (value,)


def is_definition(value: Any) -> bool:  # noqa: ANN401
    """Tell whether a document is a CustomResourceDefinition; of no version but that of today."""
    words = (dig(value, "apiVersion"), dig(value, "kind"))
    return words == ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


def essence(definition: dict[str, Any]) -> dict[str, Any]:
    """Give a definition without what no schema is made of: descriptions, status, who wrote it."""
    spec = definition["spec"]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": definition["metadata"]["name"]},
        "spec": {
            "group": spec["group"],
            "names": spec["names"],
            "scope": spec["scope"],
            "versions": [
                {
                    "name": one["name"],
                    "served": one["served"],
                    "storage": one["storage"],
                    "schema": {"openAPIV3Schema": _undescribed(one["schema"]["openAPIV3Schema"])},
                }
                for one in spec["versions"]
            ],
        },
    }


def _undescribed(node: Any) -> Any:  # noqa: ANN401
    if isinstance(node, list):
        return [_undescribed(one) for one in node]
    if not isinstance(node, dict):
        return node
    shorter = {}
    for key, value in node.items():
        if key == "properties":
            shorter[key] = {name: _undescribed(one) for name, one in value.items()}
        elif key != "description":
            shorter[key] = value if key in ("default", "enum") else _undescribed(value)
    return shorter


def read_kinds(definition: dict[str, Any], metadata: Schema, place: Place) -> Iterator[Kind]:
    """Give each served version of the custom resource that is defined, with its strict schema.

    `metadata` is the schema of the metadata. Raises InputError at `place` for what defines none.
    """
    try:
        spec = msgspec.convert(definition, _Definition).spec
    except (msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"defines no custom resource: {error}", place=place) from None
    for index, version in enumerate(spec.versions):
        if not version.served or version.schema is None:
            continue
        if version.schema.openAPIV3Schema.type != "object":
            raise InputError(f"defines a {spec.names.kind} that is no object", place=place)
        root = definition["spec"]["versions"][index]["schema"]["openAPIV3Schema"]
        yield Kind(
            spec.group,
            version.name,
            spec.names.kind,
            namespaced=spec.scope == "Namespaced",
            schema=whole(
                f"{spec.group}/{version.name}", spec.names.kind, translate(root), metadata
            ),
        )


def translate(node: dict[str, Any]) -> Schema:
    """Translate a structural schema: closed, but where it keeps the fields that it does not know.

    What the API server does before it checks is foreseen: it fills in defaults, then drops each
    null that is not nullable from fields and maps, though not from lists.
    """
    schema = _conditions(node)
    if node.get("x-kubernetes-int-or-string"):
        schema.pop("anyOf", None)
        return schema | {"type": ["integer", "string"]}
    if "items" in node:
        items = translate(node["items"])
        schema["items"] = or_null(items) if node["items"].get("nullable") else items
    if node.get("type") == "object":
        schema |= _fields(node)
    return schema


def _fields(node: dict[str, Any]) -> Schema:
    fields = node.get("properties", {})
    required = {each for each in node.get("required", []) if "default" not in fields.get(each, {})}
    if node.get("x-kubernetes-embedded-resource"):
        fields = _EMBEDDED | fields
        required |= {"apiVersion", "kind"}
    properties = {}
    for name, one in fields.items():
        translated = translate(one)
        may_be_null = name not in required or one.get("nullable")
        properties[name] = or_null(translated) if may_be_null else translated
    schema: Schema = {"properties": properties}
    # Draft 4 has no empty list of them.
    if required:
        schema["required"] = sorted(required)
    values = node.get("additionalProperties")
    if isinstance(values, dict):
        schema["additionalProperties"] = or_null(translate(values))
    elif values is None and not node.get("x-kubernetes-preserve-unknown-fields"):
        schema["additionalProperties"] = False
    return schema


def _conditions(node: dict[str, Any]) -> Schema:
    """Translate what only restricts, as all does that is inside allOf, anyOf, oneOf and not."""
    schema = {key: node[key] for key in _CONSTRAINTS if key in node}
    for several in ("allOf", "anyOf", "oneOf"):
        if several in node:
            schema[several] = [_restriction(each) for each in node[several]]
    if "not" in node:
        schema["not"] = _restriction(node["not"])
    return schema


def _restriction(node: dict[str, Any]) -> Schema:
    schema = _conditions(node)
    if node.get("required"):
        schema["required"] = node["required"]
    if "items" in node:
        schema["items"] = _restriction(node["items"])
    if "properties" in node:
        schema["properties"] = {name: _restriction(one) for name, one in node["properties"].items()}
    return schema
