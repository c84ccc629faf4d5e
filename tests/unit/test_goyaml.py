"""YAML is read as Go reads it, and a hostile file costs no more than its limits."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetops import goyaml
from fleetops.errors import InputError

SCALARS: dict[str, object] = json.loads(
    (Path(__file__).parent.parent / "cases" / "yaml" / "scalars.json").read_text()
)
"""Plain scalar to what sigs.k8s.io/yaml makes of it."""


def value(text: str) -> object:
    (document,) = goyaml.read(text, "file.yaml")
    return document.value


def refusal(text: str, *, marks: bool = False) -> InputError:
    with pytest.raises(InputError) as caught:
        goyaml.read(text, "file.yaml", marks=marks)
    return caught.value


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_plain_scalar_is_what_go_makes_of_it(scalar: str) -> None:
    found = goyaml.resolve(scalar)
    assert found == SCALARS[scalar]
    assert isinstance(found, bool) == isinstance(SCALARS[scalar], bool)
    assert isinstance(found, str) == isinstance(SCALARS[scalar], str)


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_quoted_scalar_is_a_string(scalar: str) -> None:
    assert value(f"- '{scalar}'\n- \"{scalar}\"\n- !!str '{scalar}'\n") == [scalar] * 3


@pytest.mark.parametrize("word", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "!!float .inf"])
def test_a_number_that_json_cannot_hold_is_refused(word: str) -> None:
    error = refusal(f"a: 1\nb: {word}\n")
    assert "which JSON cannot hold" in error.message
    assert str(error.place) == "file.yaml:2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!!int '12'", 12),
        ("!!int 0x1F", 31),
        ("!!float 1", 1.0),
        ("!!bool y", True),
        ("!!null ''", None),
        ("!!str 12", "12"),
        ("!!binary YWI=", "ab"),
        ("!!timestamp 2001-01-01", "2001-01-01"),
        ("!other 12", "12"),
        ("! 12", "12"),
        ("! '12'", "12"),
    ],
)
def test_a_tag_decides(text: str, expected: object) -> None:
    assert value(f"a: {text}\n") == {"a": expected}


@pytest.mark.parametrize(
    "text",
    ["!!int x", "!!int 1.5", "!!bool 1", "!!float y", "!!null 0", "!!binary '*'", "!!int ''"],
)
def test_a_tag_that_does_not_fit_is_refused(text: str) -> None:
    assert str(refusal(f"a: 1\nb: {text}\n").place) == "file.yaml:2"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("a", "a"),
        ("1", "1"),
        ("010", "8"),
        ("0x1F", "31"),
        ("y", "true"),
        ("off", "false"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("1e6", "1e+06"),
        ("123456789.0", "1.2345679e+08"),
        ("0.00001", "1e-05"),
        ("1e39", ".inf"),
        ("'1'", "1"),
        ("2001-01-01", "2001-01-01"),
        ("=", "="),
    ],
)
def test_every_key_becomes_a_string(written: str, key: str) -> None:
    assert value(f"{written}: x\n") == {key: "x"}


@pytest.mark.parametrize("key", ["~", "null", "[a]", "{a: b}", "18446744073709551615", ".nan"])
def test_a_key_that_json_cannot_hold_is_refused(key: str) -> None:
    assert str(refusal(f"a: 1\n? {key}\n: x\n").place) == "file.yaml:2"


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2\n", "1: a\n'1': b\n", "y: a\n'true': b\n", "{a: 1,\na: 2}\n"]
)
def test_a_key_given_twice_is_refused(text: str) -> None:
    error = refusal(text)
    assert "twice" in error.message
    assert str(error.place) == "file.yaml:2"


def test_merge_keys_fill_in_what_follows_them() -> None:
    text = "a: &a {x: 1, u: 2}\nb: &b {u: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 5\n"
    found = value(text)
    assert isinstance(found, dict)
    assert found["c"] == {"x": 5, "u": 2, "z": 4}


@pytest.mark.parametrize(
    "text",
    [
        # go.yaml.in/yaml/v2 lets the merged value win here, v3 the one that is written.
        "a: &a {x: 1}\nb:\n  x: 2\n  <<: *a\n",
        "a: &a [{x: 1}]\nb:\n\n  <<: *a\n",
        "a:\nb:\n\n  <<: null\n",
        "a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n",
    ],
)
def test_a_merge_that_readers_take_differently_is_refused(text: str) -> None:
    assert str(refusal(text).place) == "file.yaml:4"


def test_a_quoted_merge_key_is_a_key() -> None:
    assert value("'<<': {x: 1}\n") == {"<<": {"x": 1}}
    assert value("!!merge <<: {x: 1}\n") == {"x": 1}


def test_an_alias_stands_for_what_its_anchor_last_named() -> None:
    assert value("[&a 1, *a, &a 2, *a]\n") == [1, 1, 2, 2]
    assert refusal("a: &a [*a]\n").message == "*a has no anchor before it"
    assert refusal("a: *b\n").message == "*b has no anchor before it"


HOSTILE = {
    "aliases of aliases": "a0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)),
    "merges of merges": f"a: &a {{{', '.join(f'k{n}: 1' for n in range(10_000))}}}\n"
    + "".join(f"m{n}: {{<<: *a}}\n" for n in range(1000)),
    "brackets": "[" * 1_000_000,
    "braces": "{a: " * 1_000_000,
    "dashes": "- " * 1_000_000,
    "indentation": "".join(f"{' ' * n}a:\n" for n in range(3000)),
    "aliases that nest": "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 400)),
    "an open quote": "a: '" + "x" * 1_000_000,
    "an open bracket": "a: [b, c",
    "NUL": "a: b\0c\n",
    "a bell": "a: \a\n",
    "half a character": "a: \udc80\n",
    "a mark in the middle": "a: b\n\ufeffc: d\n",
    "two marks": "\ufeff\ufeffa: b\n",
    "a tab": "a:\n\tb: c\n",
    "directives": "%YAML 3.0\n---\na: b\n",
    "an unknown tag handle": "a: !x!y z\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_quickly(name: str) -> None:
    for marks in (False, True):
        begun = time.monotonic()
        assert refusal(HOSTILE[name], marks=marks).place is not None
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("text", ["- x\n" * 200_000, "---\n" * 200_000, "[" + "1," * 200_000 + "]"])
def test_places_are_kept_of_so_many_nodes_only(text: str) -> None:
    assert "has more than 100000 values" in refusal(text, marks=True).message
    goyaml.read(text, "file.yaml")


@pytest.mark.parametrize("digits", ["1" * 1_000_000, "0" + "7" * 1_000_000, "0x" + "f" * 1_000_000])
def test_a_number_too_long_for_go_is_a_word(digits: str) -> None:
    begun = time.monotonic()
    assert value(f"a: {digits}\n") == {"a": digits}
    assert time.monotonic() - begun < 10


def test_marks_count_characters_and_lines() -> None:
    text = "\ufeff# 𝄞\r\nimages:\r\n- name: 'é𝄞'\r\n  newTag: release1 # x"
    (document,) = goyaml.read(text, "file.yaml", marks=True)
    for path, word, line, style in (
        (("images", 0, "name"), "'é𝄞'", 3, "'"),
        (("images", 0, "newTag"), "release1", 4, "plain"),
    ):
        mark = document.marks[path]
        assert text[mark.start : mark.end] == word
        assert (mark.line, mark.style, mark.bare) == (line, style, True)
    assert document.keys["images", 0, "newTag"].column == 2
    assert document.line_of(("images", 0, "digest")) == 3
    assert document.line_of(("nothing", "there")) == 2


def test_documents_are_told_apart() -> None:
    text = "---\na: 1\n...\n# between\n---\n---\nb: 2\n"
    assert [one.value for one in goyaml.read(text, "x")] == [{"a": 1}, None, {"b": 2}]
    assert goyaml.read("", "x") == ()
    assert goyaml.read("# only a comment\n", "x") == ()


@settings(deadline=None, max_examples=300, derandomize=True)
@given(text=st.text(st.one_of(st.sampled_from("a:-,[]{}&*!|>'\"%#@` \n\t?<0_."), st.characters())))
def test_no_text_ends_in_another_error(text: str) -> None:
    try:
        documents = goyaml.read(text, "file.yaml", marks=True)
    except InputError as error:
        place = error.place
    else:
        json.dumps([one.value for one in documents], allow_nan=False)
        return
    assert place is not None


@settings(deadline=None, max_examples=300, derandomize=True)
@given(text=st.text(alphabet="0123456789+-._eExXoObBaf", min_size=1, max_size=12))
def test_what_is_read_as_a_number_is_finite_and_no_word(text: str) -> None:
    found = goyaml.resolve(text)
    if isinstance(found, float):
        assert math.isfinite(found)
    assert goyaml.is_plain_string(text) == (found == text and ": " not in text)
