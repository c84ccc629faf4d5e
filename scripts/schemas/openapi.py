"""Kubernetes' own kinds, out of the k8s.io/kubernetes module.

Its `api/openapi-spec/swagger.json` has the shapes and the paths. The enumerations are only in
`pkg/generated/openapi/zz_generated.openapi.go`, from which an API server publishes them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from fleetops.strict import Kind, or_null, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleetops.strict import Schema

# As resource.ParseQuantity has it, which takes a suffix alone for none of it.
_QUANTITY = r"^ *[+-]?[0-9]*(\.[0-9]*)?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)? *$"
# Padded base64 as Go decodes it, which passes line breaks by.
_LETTER = r"[A-Za-z0-9+/][\r\n]*"
_BASE64 = (
    rf"^[\r\n]*(({_LETTER}){{4}})*(({_LETTER}){{2}}=[\r\n]*=[\r\n]*|({_LETTER}){{3}}=[\r\n]*)?$"
)
_SCALARS: dict[str, Schema] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "type": ["string", "number"],
        "minLength": 1,
        "pattern": _QUANTITY,
    },
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string"]},
}
# Required on paper; an API server of 1.37 takes documents without them.
_NOT_ENFORCED = {
    "io.k8s.api.batch.v1.PodFailurePolicy": {"rules"},
    "io.k8s.api.core.v1.Event": {"involvedObject"},
    "io.k8s.api.core.v1.HTTPHeader": {"value"},
    "io.k8s.api.core.v1.ISCSIPersistentVolumeSource": {"lun"},
    "io.k8s.api.core.v1.ISCSIVolumeSource": {"lun"},
    "io.k8s.api.core.v1.LimitRangeSpec": {"limits"},
    "io.k8s.api.core.v1.PreferredSchedulingTerm": {"preference"},
    "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource": {"secretRef"},
    "io.k8s.api.core.v1.ScaleIOVolumeSource": {"secretRef"},
    "io.k8s.api.core.v1.SleepAction": {"seconds"},
    "io.k8s.api.core.v1.Sysctl": {"value"},
    "io.k8s.api.discovery.v1.ForZone": {"name"},
    "io.k8s.api.resource.v1.Counter": {"value"},
    "io.k8s.api.resource.v1.DeviceCapacity": {"value"},
    "io.k8s.api.resource.v1.ResourcePool": {"generation"},
    "io.k8s.api.storage.v1.CSIDriver": {"spec"},
    "io.k8s.api.storage.v1.CSINode": {"spec"},
    "io.k8s.api.storage.v1.CSINodeSpec": {"drivers"},
    "io.k8s.api.storage.v1.TokenRequest": {"audience"},
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion": {
        "served"
    },
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement": {"operator"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource": {"group"},
}


def read_kinds(module: Path) -> Iterator[Kind]:
    """Give the kinds that can be created from a document: no lists, no subresources."""
    swagger = _read_swagger(module)
    go = (module / "pkg/generated/openapi/zz_generated.openapi.go").read_text(encoding="utf-8")
    types = Types(swagger["definitions"], read_enums(go))
    paths = swagger["paths"]
    for path, operations in paths.items():
        create = operations.get("post", {})
        if create.get("x-kubernetes-action") != "post" or "{name}" in path:
            continue
        kind = create["x-kubernetes-group-version-kind"]
        group, version, name = kind["group"], kind["version"], kind["kind"]
        body = next(each["schema"] for each in create["parameters"] if each.get("in") == "body")
        # What cannot be read back, such as a review, needs no name.
        metadata = types.metadata() if f"{path}/{{name}}" in paths else {"type": ["object", "null"]}
        schema = whole(f"{group}/{version}".lstrip("/"), name, types.translate(body), metadata)
        yield Kind(group, version, name, namespaced="{namespace}" in path, schema=schema)


def read_metadata(module: Path) -> Schema:
    """Give the schema of the metadata that every kind has."""
    return Types(_read_swagger(module)["definitions"], {}).metadata()


def _read_swagger(module: Path) -> dict[str, Any]:
    swagger: dict[str, Any] = json.loads((module / "api/openapi-spec/swagger.json").read_bytes())
    return swagger


def read_enums(go: str) -> dict[tuple[str, str], list[str]]:
    """Give the values of each (type, field), the type as in the name of its Go function."""
    enums = {}
    function = field = ""
    for line in go.splitlines():
        if match := re.match(r"func schema_(\w+)\(", line):
            function = match[1]
        elif match := re.match(r'\t{5}"(\w+)": \{$', line):
            field = match[1]
        elif match := re.match(r"\t+Enum: +\[\]interface\{\}\{(.+)\},$", line):
            enums[function, field] = json.loads(f"[{match[1]}]")
    return enums


class Types:
    """The types of an OpenAPI document, translated with what they refer to put in place."""

    def __init__(
        self, definitions: dict[str, Any], enums: dict[tuple[str, str], list[str]]
    ) -> None:
        self._definitions = definitions
        self._enums = enums

    def metadata(self) -> Schema:
        """Give the metadata of a document that is kept, so has a name."""
        schema = self.translate({"$ref": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"})
        schema["properties"]["name"] = {"type": "string"}
        return schema | {"required": ["name"]}

    def translate(self, node: dict[str, Any], within: tuple[str, ...] = ()) -> Schema:
        """Translate one node; a type inside itself is left open, so that the schema ends."""
        if "$ref" in node:
            name = node["$ref"].removeprefix("#/definitions/")
            if name in within:
                return {}
            return _SCALARS.get(name) or self._definition(name, (*within, name))
        if "type" not in node:
            return {}
        schema: Schema = {"type": node["type"]}
        for holder in ("items", "additionalProperties"):
            if holder in node:
                schema[holder] = _element(self.translate(node[holder], within))
        if node.get("format") == "byte":
            schema["pattern"] = _BASE64
        return schema

    def _definition(self, name: str, within: tuple[str, ...]) -> Schema:
        definition = self._definitions[name]
        if "properties" not in definition:
            return self.translate(definition, within)
        required = set(definition.get("required", [])) - _NOT_ENFORCED.get(name, set())
        function = _function(name)
        properties = {}
        for field, node in definition["properties"].items():
            schema = self.translate(node, within)
            if values := self._enums.get((function, field)):
                schema = _restrict(schema, values, optional=field not in required)
            properties[field] = schema if field in required else or_null(schema)
        closed = {"type": "object", "properties": properties, "additionalProperties": False}
        return closed | {"required": sorted(required)} if required else closed


def _function(name: str) -> str:
    """Name a type as the Go function that describes it does."""
    package = name.replace("io.k8s.api.", "k8sio.api.").removeprefix(
        "io.k8s.apiextensions-apiserver."
    )
    return package.replace(".", "_")


def _element(schema: Schema) -> Schema:
    """Take null in a list or map where the API server takes the empty value that it reads there."""
    return schema if "required" in schema else or_null(schema)


def _restrict(schema: Schema, values: list[str], *, optional: bool) -> Schema:
    """Allow only the values, in the field or in what the list or map of it holds."""
    for holder in ("items", "additionalProperties"):
        if holder in schema:
            return schema | {holder: {"type": "string", "enum": values}}
    # The API server reads the empty string as unset.
    return schema | {"enum": sorted({"", *values}) if optional else values}
