"""Custom resources, out of their CustomResourceDefinitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from schema import Kind, document, or_null

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schema import Schema

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


def read_kinds(folder: Path, metadata: Schema) -> Iterator[Kind]:
    """Give each served version of the custom resources that a folder's YAML files define."""
    for file in sorted(folder.glob("*.yaml")):
        crd = yaml.load(file.read_bytes(), yaml.CSafeLoader)
        if crd["kind"] != "CustomResourceDefinition":
            continue
        spec = crd["spec"]
        group, name = spec["group"], spec["names"]["kind"]
        for version in spec["versions"]:
            if not version["served"]:
                continue
            body = translate(version["schema"]["openAPIV3Schema"])
            yield Kind(
                group,
                version["name"],
                name,
                namespaced=spec["scope"] == "Namespaced",
                schema=document(f"{group}/{version['name']}", name, body, metadata),
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
    for name, field in fields.items():
        translated = translate(field)
        may_be_null = name not in required or field.get("nullable")
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
        schema["properties"] = {
            name: _restriction(field) for name, field in node["properties"].items()
        }
    return schema
