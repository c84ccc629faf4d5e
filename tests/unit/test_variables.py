"""Variables are filled in as Flux does it, and what it would do in silence is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetops.errors import InputError, Place
from fleetops.files import Repository
from fleetops.kustomization import Variables, read_variables

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Place("sync.yaml", 9)
VALUES = {"var": "foo", "empty": "", "_2": "two"}
SYNC = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: fleet}
spec:
  path: ./overlays/one
  postBuild:
    substitute:
      region: eu-1
      lines: |
        a
        b
"""
OBJECT = (
    "kind: A\nmetadata:\n  {}:\n    kustomize.toolkit.fluxcd.io/substitute: {}\nspec: ${{var}}\n"
)


def fill(text: str) -> str:
    return Variables(VALUES, PLACE).fill(text)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a ${var} b ${var}", "a foo b foo"),
        ("${_2}${empty}", "two"),
        ("${other:=a b}/${other:-1.2}/${other=x}/${empty:=y}/${var:=z}", "a b/1.2/x/y/foo"),
        ("${other:=}", ""),
        ("$var $ $(var) {var} \\n", "$var $ $(var) {var} \\n"),
        ("$${var}", "${var}"),
        ("some ${var}$${var$${var}$var${var}", "some foo${var${var}$varfoo"),
        ("$$$${var} $$${var}", "$${var} $foo"),
        ("a: ${var}\n---\nb: ${var}\n", "a: foo\n---\nb: foo\n"),
    ],
)
def test_a_variable_is_filled_in(text: str, filled: str) -> None:
    assert fill(text) == filled


@pytest.mark.parametrize(
    "text",
    [
        "${other}",
        "${}",
        "${var",
        "${var:1:2}",
        "${var/a/b}",
        "${var^^}",
        "${#var}",
        "${var:?}",
        "${var:+a}",
        "${a-b}",
        "${a:=${var}}",
        "${a:=\\}}",
        "${2}",
    ],
)
def test_what_is_no_variable_with_a_value_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        fill(text)
    assert caught.value.place == PLACE


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_an_object_is_left_alone_where_it_says_so(part: str) -> None:
    alone, other = OBJECT.format(part, "disabled"), OBJECT.format(part, "enabled")
    assert fill(f"{other}---\n{alone}") == f"{other.replace('${var}', 'foo')}---\n{alone}"


def test_without_a_variable_nothing_is_filled_in() -> None:
    assert Variables({}, PLACE).fill("$${a} ${b}") == "$${a} ${b}"


@given(st.text(st.sampled_from("ab${}:=-\n"), max_size=30))
def test_any_text_is_filled_or_refused_and_one_without_dollars_stays(text: str) -> None:
    try:
        filled = fill(text)
    except InputError:
        assert "${" in text
    else:
        assert "$" in text or filled == text


def read(folder: Path, text: str, overlay: str = "overlays/one") -> Variables:
    (folder / "sync.yaml").write_text(text)
    return read_variables(Repository.at(folder), "sync.yaml", overlay, Place("fleetops.yaml"))


def test_the_variables_are_those_of_what_syncs_the_overlay(tmp_path: Path) -> None:
    found = read(tmp_path, SYNC)
    assert found.values == {"region": "eu-1", "lines": "ab"}
    assert found.place.path == "sync.yaml"
    assert read(tmp_path, SYNC.partition("  postBuild")[0]).values == {}


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("overlays/one", "overlays/two", "fleetops.yaml", "that syncs overlays/one"),
        ("kind: Kustomization", "kind: Other", "fleetops.yaml", "that syncs overlays/one"),
        (
            "    substitute:",
            "    substituteFrom: [{}]\n    substitute:",
            "sync.yaml:11",
            "known in",
        ),
        ("  postBuild:", "  patches: [{}]\n  postBuild:", "sync.yaml:10", "spec.patches"),
        ("eu-1", "1", "sync.yaml:12", "region is no variable"),
        ("region:", "re-gion:", "sync.yaml:12", "re-gion is no variable"),
    ],
)
def test_what_cannot_be_known_is_refused(
    old: str, new: str, place: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, SYNC.replace(old, new))
    assert str(caught.value.place) == place
    assert said in caught.value.message


def test_nothing_is_read_outside_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "sync.yaml").write_text(SYNC)
    (tmp_path / "inside" / "sync.yaml").symlink_to("../sync.yaml")
    with pytest.raises(InputError, match="leads out of the repository"):
        read_variables(Repository.at(tmp_path / "inside"), "sync.yaml", "overlays/one", PLACE)
