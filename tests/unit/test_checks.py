"""Every check on small renders: `tests/cases/checks/<check>/<bad or good>-<what>/`.

manifests.yaml is the render, `releases/` the catalogue where one is needed, and expected.yaml what
the check has to find: resource, path and a part of the message. A good case has none.
"""

from __future__ import annotations

import copy
import re
import time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fleetops.catalogue import read_releases
from fleetops.checks import (
    CHECKS,
    IDS,
    Scene,
    configuration,
    outside,
    policies,
    services,
    unmatched,
    volumes,
    workloads,
)
from fleetops.files import Repository
from fleetops.manifests import Manifest, dig, parse
from fleetops.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks import Check, Problem
    from fleetops.goyaml import NodePath

FOLDER = Path(__file__).parent.parent / "cases" / "checks"
BAD = sorted(FOLDER.glob("*/bad-*"))
GOOD = sorted(FOLDER.glob("*/good-*"))
TOPICS = (services, volumes, configuration, policies, workloads)
WHOLE_RENDER = [check for topic in TOPICS for check in topic.CHECKS]
# Their findings are made elsewhere, or are about kustomization files, and tested on those.
WITHOUT_CASES = {check.id for check in (*outside.CHECKS, *unmatched.CHECKS)}


def name_of(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@cache
def manifests_of(folder: Path) -> tuple[Manifest, ...]:
    return parse((folder / "manifests.yaml").read_text(), "manifests.yaml")


def scene_of(folder: Path) -> Scene:
    releases = folder / "releases"
    catalogue = read_releases(Repository.at(folder), "releases") if releases.is_dir() else {}
    return Scene("production", manifests_of(folder), catalogue)


def place_of(problem: Problem) -> tuple[str, str]:
    return str(problem.resource or ""), ".".join(map(str, problem.path))


@pytest.mark.parametrize("folder", BAD, ids=name_of)
def test_finds_exactly_what_is_wrong(folder: Path) -> None:
    expected = {
        (entry.get("resource", ""), entry.get("path", "")): entry.get("message", "")
        for entry in yaml.safe_load((folder / "expected.yaml").read_text())
    }
    found = list(IDS[folder.parent.name].run(scene_of(folder)))
    assert sorted(map(place_of, found)) == sorted(expected)
    for problem in found:
        assert expected[place_of(problem)] in problem.message


@pytest.mark.parametrize("folder", GOOD, ids=name_of)
def test_says_nothing_of_what_is_right(folder: Path) -> None:
    checks = {IDS[folder.parent.name], *WHOLE_RENDER}
    found = {check.id: list(check.run(scene_of(folder))) for check in checks}
    assert not any(found.values()), found


@pytest.mark.parametrize("folder", BAD, ids=name_of)
def test_a_path_leads_to_what_is_written(folder: Path) -> None:
    scene = scene_of(folder)
    values = {manifest.reference: manifest.value for manifest in scene.manifests}
    for check in WHOLE_RENDER:
        for problem in check.run(scene):
            assert problem.resource is not None
            assert dig(values[problem.resource], *problem.path) is not None


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_page_is_a_title_and_a_paragraph(check: Check) -> None:
    title, *paragraphs = check.page.split("\n\n")
    assert len(title.splitlines()) == 1
    assert len(title) <= 80
    assert title.endswith(".")
    assert len(paragraphs) == 1


def test_every_check_has_an_id_of_its_own() -> None:
    assert len(IDS) == len(CHECKS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in IDS)


def test_every_check_has_a_bad_and_a_good_case() -> None:
    wanted = set(IDS) - WITHOUT_CASES
    assert {folder.parent.name for folder in BAD} == wanted
    assert {folder.parent.name for folder in GOOD} == wanted


# ruff: noqa: ANN401 - manifests are of any shape


def paths(value: Any, path: NodePath = ()) -> Iterator[NodePath]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


def words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(words, value.values()))
    if isinstance(value, list):
        return set().union(*map(words, value))
    return {value} if isinstance(value, str) else set()


WORDS = sorted(
    set().union(*(words(one.value) for folder in (*BAD, *GOOD) for one in manifests_of(folder)))
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(WORDS)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)


def mutated(draw: st.DrawFn, manifest: Manifest) -> Manifest:
    value = copy.deepcopy(manifest.value)
    for _ in range(draw(st.integers(0, 3))):
        *path, last = draw(st.sampled_from([*paths(value)][1:] or [("spec",)]))
        holder = dig(value, *path)
        holder[last] = draw(JSON)
    return Manifest(manifest.reference, manifest.api_version, value)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    scene = scene_of(draw(st.sampled_from((*BAD, *GOOD))))
    return replace(scene, manifests=tuple(mutated(draw, one) for one in scene.manifests))


SHAPES: tuple[Any, ...] = (None, True, -1, 0.5, "", "x", [], [[]], [{}], {}, {"x": []})


@pytest.mark.parametrize("folder", [*BAD, *GOOD], ids=name_of)
def test_no_field_of_another_shape_makes_a_check_raise(folder: Path) -> None:
    check, scene = IDS[folder.parent.name], scene_of(folder)
    scene = replace(scene, manifests=copy.deepcopy(scene.manifests))
    for manifest in scene.manifests:
        for *path, last in [*paths(manifest.value)][1:]:
            holder = dig(manifest.value, *path)
            kept = holder[last]
            for shape in SHAPES:
                holder[last] = shape
                list(check.run(replace(scene)))
            holder[last] = kept


@settings(max_examples=400, deadline=None)
@given(scenes())
def test_no_check_raises_on_an_object_of_any_shape(scene: Scene) -> None:
    references = {manifest.reference for manifest in scene.manifests}
    for check in CHECKS:
        for problem in check.run(scene):
            assert problem.resource is None or problem.resource in references
            assert problem.message


def test_thousands_of_objects_cost_seconds_not_minutes() -> None:
    folder = FOLDER / "network-policy-port-absent" / "bad-egress"
    text = (folder / "manifests.yaml").read_text()
    one = (FOLDER / "claim-unbound" / "good-claim-template" / "manifests.yaml").read_text()
    manifests: list[Manifest] = []
    for number in range(1500):
        made = re.sub(r"\b(app|name): (\w+)", rf"\1: \2-{number}", f"{text}---\n{one}")
        manifests.extend(parse(made, "manifests.yaml"))
    scene = Scene("production", tuple(manifests), {})
    start = time.monotonic()
    found = [problem for check in WHOLE_RENDER for problem in check.run(scene)]
    assert len(found) >= 1500
    assert time.monotonic() - start < 30


POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
FACTORS = {
    **{suffix: Fraction(10) ** power for suffix, power in POWERS.items()},
    **{suffix: Fraction(2) ** power for suffix, power in BINARY.items()},
    **{f"{letter}{power}": Fraction(10) ** power for letter in "eE" for power in range(-9, 10)},
}


@given(
    st.sampled_from(["", "+", "-"]),
    st.integers(0, 10**12),
    st.none() | st.integers(0, 10**9),
    st.sampled_from(sorted(FACTORS)),
)
def test_a_quantity_has_its_exact_value(
    sign: str, whole: int, part: int | None, suffix: str
) -> None:
    number = str(whole) if part is None else f"{whole}.{part}"
    value = Fraction(number) * FACTORS[suffix] * (-1 if sign == "-" else 1)
    assert quantity(f"{sign}{number}{suffix}") == value


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_a_quantity_unless_it_is_absurd(number: float) -> None:
    assert quantity(number) in {Fraction(str(number)), None}
    assert abs(number) > 1e30 or quantity(number) is not None


@pytest.mark.parametrize(
    "text",
    ["", "Gi", "1 Gi", "1gi", "1K", "1Mb", "1_000", "0x10", "1e", "1e2Gi", "1.2.3", "--1", "1Gi\n"],
)
def test_a_word_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize("value", [None, True, [], {}, float("nan"), float("inf"), "1e999999999"])
def test_nothing_else_is_a_quantity(value: Any) -> None:
    assert quantity(value) is None
