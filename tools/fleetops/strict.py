"""Strict schemas: what those of built-in kinds and of custom resources have in common.

They have no `$schema`, so kubeconform takes them as draft 4, and no `$ref`, since of an error
behind one kubeconform says only that something there is wrong.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Schema = dict[str, Any]


class Kind(Struct, frozen=True):
    """A kind of document in one version."""

    group: str
    """Empty for the core group."""
    version: str
    name: str
    namespaced: bool
    schema: Schema

    @property
    def path(self) -> str:
        """Where kubeconform looks for the schema; it gives a core kind its version as its group."""
        return f"{self.group or self.version}/{self.name.lower()}_{self.version}.json"


def whole(api_version: str, kind: str, body: Schema, metadata: Schema) -> Schema:
    """Make the schema of a whole document from that of its kind's fields.

    A `status` is taken as it is: the API server drops it.
    """
    properties = body["properties"] | {
        "apiVersion": {"enum": [api_version]},
        "kind": {"enum": [kind]},
        "metadata": metadata,
    }
    if "status" in properties:
        properties["status"] = {"type": ["object", "null"]}
    required = {"apiVersion", "kind", *body.get("required", [])} - {"status"}
    if "required" in metadata:
        required.add("metadata")
    return body | {"properties": properties, "required": sorted(required)}


def or_null(schema: Schema) -> Schema:
    """Take null as well, which the API server reads as absent in a field that may be absent."""
    if "type" not in schema:
        return schema
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    widened = schema | {"type": [*types, "null"]}
    if "enum" in schema:
        widened["enum"] = [*schema["enum"], None]
    return widened
