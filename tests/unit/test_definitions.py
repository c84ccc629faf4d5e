"""A definition of a custom resource becomes a schema that says the same, or is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from fleetops.definitions import definitions, essence, read_kinds
from fleetops.errors import InputError, Place
from fleetops.schema import metadata

PLACE = Place("crds.yaml", 1)


def definition(root: object, **spec: object) -> dict[str, Any]:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "as.b.test"},
        "spec": {
            "group": "b.test",
            "names": {"kind": "A", "plural": "as"},
            "scope": "Namespaced",
            "versions": [version],
        }
        | spec,
    }


def spec(node: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"spec": node}}


def misfits(node: dict[str, Any], value: object) -> list[str]:
    (kind,) = read_kinds(definition(spec(node)), metadata(), PLACE)
    Draft4Validator.check_schema(kind.schema)
    document = {"apiVersion": "b.test/v1", "kind": "A", "metadata": {"name": "a"}, "spec": value}
    return [error.message for error in Draft4Validator(kind.schema).iter_errors(document)]


OPEN = {"x-kubernetes-preserve-unknown-fields": True}


@pytest.mark.parametrize(
    ("node", "value", "fits"),
    [
        ({"type": "object"}, {"a": 1}, False),
        ({"type": "object", **OPEN}, {"a": 1}, True),
        ({"x-kubernetes-int-or-string": True}, "50%", True),
        ({"x-kubernetes-int-or-string": True}, 5.5, False),
        ({"type": "object", "x-kubernetes-embedded-resource": True, **OPEN}, {"kind": "A"}, False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": 1}, False),
        ({"type": "object", "additionalProperties": True}, {"a": 1}, True),
        ({"type": "array", "items": {"type": "string"}}, [None], False),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, [None], True),
        ({"type": "string", "enum": ["a"]}, "b", False),
        ({"type": "string", "not": {"enum": ["a"]}}, "a", False),
    ],
)
def test_a_field_is_taken_or_not(node: dict[str, Any], value: object, *, fits: bool) -> None:
    assert (misfits(node, value) == []) == fits


REFUSED: dict[str, dict[str, Any]] = {
    "a group that leads outward": {"group": "../b.test"},
    "a group of two lines": {"group": "b.test\n"},
    "a kind that leads outward": {"names": {"kind": "../A"}},
    "no kind": {"names": {}},
    "a version that leads outward": {"versions": [{"name": "../v1", "served": True}]},
    "a version that is none": {"versions": ["v1"]},
}
NODES: list[object] = [
    None,
    [],
    {"type": "string"},
    {"type": "object", "properties": None},
    {"type": "object", "properties": {"a": []}},
    {"type": "object", "properties": {"a": {"type": "string", "enum": 5}}},
    {"type": "object", "properties": {"a": {"type": "array", "items": [{}]}}},
    {"type": "object", "required": "a"},
]


@pytest.mark.parametrize("name", REFUSED)
def test_a_definition_is_refused_with(name: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_kinds(definition({"type": "object"}, **REFUSED[name]), metadata(), PLACE))
    assert caught.value.place == PLACE


@pytest.mark.parametrize("node", NODES)
def test_a_schema_of_another_shape_is_refused(node: object) -> None:
    with pytest.raises(InputError):
        list(read_kinds(definition(node), metadata(), PLACE))


WORDS = st.sampled_from(["a", "description", "properties", "items", "$ref", "type"])
LEAVES = st.sampled_from(
    [
        {"type": "string", "description": "A word"},
        {"type": "integer", "$ref": "https://example.test/a", "minimum": 1},
        {"x-kubernetes-int-or-string": True},
        {"type": "boolean", "default": True},
    ]
)


def _above(nodes: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.dictionaries(WORDS, nodes, max_size=3)
    return st.one_of(
        st.builds(lambda one: {"type": "array", "items": one}, nodes),
        st.builds(lambda one: {"type": "object", "additionalProperties": one}, nodes),
        st.builds(
            lambda some, more: {"type": "object", "properties": some, **more},
            fields,
            st.sampled_from([{}, OPEN, {"description": "An object"}]),
        ),
    )


@given(st.recursive(LEAVES, _above, max_leaves=8))
def test_any_schema_refers_to_nothing_and_stays_the_same_without_words(
    node: dict[str, Any],
) -> None:
    whole = definition(spec(node))
    (kind,) = read_kinds(whole, metadata(), PLACE)
    Draft4Validator.check_schema(kind.schema)
    assert "https:" not in json.dumps(kind.schema)
    assert list(read_kinds(essence(whole), metadata(), PLACE)) == [kind]


def test_a_file_may_hold_other_things_and_lists() -> None:
    one = json.dumps(definition({"type": "object"}))
    text = f'{{"kind": "ConfigMap"}}\n---\n{{"kind": "List", "items": [{one}, {{}}, {one}]}}\n'
    assert [place.line for _, place in definitions(text, "a.json")] == [3, 3]
