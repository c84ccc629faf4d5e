"""A render is read document by document, and means what it means as a whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetops import goyaml
from fleetops.errors import InputError
from fleetops.manifests import parse

LINES = (
    "---",
    "--- # of base",
    "--- |",
    "...",
    "%TAG ! tag:example.test,2026:",
    "\ufeffkind: A",
    "kind: A",
    "kind: ConfigMap",
    "apiVersion: v1",
    "metadata: {name: a}",
    "metadata: {name: b, namespace: c}",
    "data: &all {a: b}",
    "copy: *all",
    "text: |",
    "  ---",
    "  more",
    "- item",
    "a: [",
    "",
)
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
ENDS = (
    "",
    "data:\n  a: |",
    "data:\n  a: |+\n    b\n",
    "data:\n  a: |-\n    b\n",
    "data:\n  a: b\n\n    c",
)


@given(st.lists(st.sampled_from(LINES) | st.sampled_from(ENDS).map(OBJECT.__add__), max_size=9))
@settings(max_examples=300)
def test_a_render_is_what_it_is_read_as_a_whole(lines: list[str]) -> None:
    text = "\n".join(lines)
    # An object in front is one that is known; it moves every line by its own.
    for render in (text, f"{text}\n", f"{OBJECT}---\n{text}\n"):
        whole = as_a_whole(render)
        words = said(render)
        if isinstance(whole, str):
            assert words == whole
        else:
            assert words or values(render) == whole


def as_a_whole(render: str) -> list[object] | str:
    """Give the documents that the YAML has, or what is said of it if it is none."""
    try:
        documents = goyaml.read(render, "render")
    except InputError as error:
        return str(error)
    return [one.value for one in documents if one.value is not None]


def values(render: str) -> list[object]:
    return [one.value for one in parse(render, "render")]


def said(render: str) -> str:
    """Give what is said of a render that cannot be read, nothing of another."""
    try:
        parse(render, "render")
    except InputError as error:
        return str(error)
    return ""


def test_what_two_renders_share_is_the_same_object() -> None:
    changed = OBJECT.replace("name: a", "name: b")
    first = parse(f"{OBJECT}---\n{changed}", "a render")
    second = parse(f"{changed.replace('name: b', 'name: c')}---\n{OBJECT}", "another render")
    assert first[0] is second[1]
    assert first[1] != second[0]
