"""Every danger rule on small changes: `tests/cases/danger/<rule>/<bad or good>-<what>/`.

old.yaml and new.yaml are the two renders, registries.yaml says where images may come from, where
the rule asks for it, and expected.yaml is what the rule has to foretell: resource, path and
message. A good case has none.
"""

from __future__ import annotations

import copy
import re
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetops import checks
from fleetops.change import differences
from fleetops.checks import Scene
from fleetops.danger import IDS, RULES, Change
from fleetops.manifests import Manifest, dig, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fleetops.danger import Danger, Rule
    from fleetops.goyaml import NodePath

# ruff: noqa: ANN401 - manifests are of any shape

FOLDER = Path(__file__).parent.parent / "cases" / "danger"
BAD = sorted(FOLDER.glob("*/bad-*"))
GOOD = sorted(FOLDER.glob("*/good-*"))


def name_of(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@cache
def manifests_of(file: Path) -> tuple[Manifest, ...]:
    return parse(file.read_text(), file.name)


def change_of(before: Sequence[Manifest], after: Sequence[Manifest], folder: Path) -> Change:
    old, new = (Scene("production", tuple(side), {}) for side in (before, after))
    registries = folder / "registries.yaml"
    allowed = yaml.safe_load(registries.read_text()) if registries.exists() else ()
    return Change(old, new, tuple(differences(before, after)), tuple(allowed))


def case(folder: Path) -> Change:
    return change_of(manifests_of(folder / "old.yaml"), manifests_of(folder / "new.yaml"), folder)


def place_of(danger: Danger) -> tuple[str, str]:
    return str(danger.manifest.reference), ".".join(map(str, danger.path))


@pytest.mark.parametrize("folder", BAD, ids=name_of)
def test_foretells_exactly_what_is_in_danger(folder: Path) -> None:
    expected = [
        (entry["resource"], entry.get("path", ""), entry["message"])
        for entry in yaml.safe_load((folder / "expected.yaml").read_text())
    ]
    found = list(IDS[folder.parent.name].run(case(folder)))
    assert sorted((*place_of(one), one.message) for one in found) == sorted(expected)


@pytest.mark.parametrize("folder", GOOD, ids=name_of)
def test_says_nothing_of_what_is_in_no_danger(folder: Path) -> None:
    assert list(IDS[folder.parent.name].run(case(folder))) == []


@pytest.mark.parametrize("folder", [*BAD, *GOOD], ids=name_of)
def test_without_a_change_nothing_is_in_danger(folder: Path) -> None:
    for name in ("old.yaml", "new.yaml"):
        side = manifests_of(folder / name)
        change = change_of(side, side, folder)
        registry = IDS["registry-not-allowed"]
        assert [one for rule in RULES for one in rule.run(change) if rule != registry] == []


@pytest.mark.parametrize("folder", BAD, ids=name_of)
def test_a_path_leads_to_what_is_written_in_its_state(folder: Path) -> None:
    change = case(folder)
    for rule in RULES:
        for danger in rule.run(change):
            side = change.before if danger.gone else change.after
            assert danger.manifest in side.manifests
            assert danger.manifest.get(*danger.path) is not None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_page_is_a_title_and_a_paragraph(rule: Rule) -> None:
    title, *paragraphs = rule.page.split("\n\n")
    assert len(title.splitlines()) == 1
    assert len(title) <= 80
    assert title.endswith(".")
    assert len(paragraphs) == 1


def test_every_rule_has_an_id_of_its_own_that_no_check_has() -> None:
    assert len(IDS) == len(RULES)
    assert not set(IDS) & set(checks.IDS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in IDS)


@pytest.mark.parametrize("cases", [BAD, GOOD], ids=["bad", "good"])
def test_every_rule_has_two_cases_of_a_kind(cases: list[Path]) -> None:
    counts = {name: sum(one.parent.name == name for one in cases) for name in IDS}
    assert min(counts.values()) >= 2, counts
    assert {one.parent.name for one in cases} == set(IDS)


def paths(value: Any, path: NodePath = ()) -> Iterator[NodePath]:
    yield path
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(item, (*path, step))


SHAPES: tuple[Any, ...] = (None, True, -1, "x", [], [[]], [{}], {}, {"x": []})


@pytest.mark.parametrize("folder", BAD, ids=name_of)
def test_no_field_of_another_shape_makes_a_rule_raise(folder: Path) -> None:
    rule = IDS[folder.parent.name]
    sides = [copy.deepcopy(manifests_of(folder / name)) for name in ("old.yaml", "new.yaml")]
    for side in sides:
        for manifest in side:
            for *path, last in [*paths(manifest.value)][1:]:
                holder = dig(manifest.value, *path)
                kept = holder[last]
                for shape in SHAPES:
                    holder[last] = shape
                    list(rule.run(change_of(sides[0], sides[1], folder)))
                holder[last] = kept


class Asked(dict[str, Any]):
    """A mapping in a manifest that notes which of its absent fields are asked for."""

    def __init__(self, fields: dict[str, Any], note: Callable[[str], None]) -> None:
        super().__init__(fields)
        self.note = note

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self.note(key)
        return super().get(key, default)


def absent_fields(folder: Path) -> list[tuple[int, int, NodePath]]:
    """Give the fields that the rule of a case asks for and no object has: side, object, path."""
    found: dict[tuple[int, int, NodePath], None] = {}

    def watched(value: Any, side: int, at: int, path: NodePath) -> Any:
        if isinstance(value, list):
            return [watched(one, side, at, (*path, index)) for index, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        fields = {key: watched(one, side, at, (*path, key)) for key, one in value.items()}
        return Asked(fields, lambda key: found.setdefault((side, at, (*path, key))))

    sides = [
        tuple(
            Manifest(one.reference, one.api_version, watched(one.value, side, at, ()))
            for at, one in enumerate(manifests_of(folder / name))
        )
        for side, name in enumerate(("old.yaml", "new.yaml"))
    ]
    list(IDS[folder.parent.name].run(change_of(sides[0], sides[1], folder)))
    return list(found)


@pytest.mark.parametrize("folder", [*BAD, *GOOD], ids=name_of)
def test_no_field_that_a_rule_asks_for_makes_it_raise(folder: Path) -> None:
    rule = IDS[folder.parent.name]
    sides = [copy.deepcopy(manifests_of(folder / name)) for name in ("old.yaml", "new.yaml")]
    for side, at, (*path, last) in absent_fields(folder):
        holder = dig(sides[side][at].value, *path)
        for shape in SHAPES:
            holder[last] = shape
            list(rule.run(change_of(sides[0], sides[1], folder)))
        del holder[last]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_rule_raises_on_any_change(data: st.DataObject) -> None:
    folders = [data.draw(st.sampled_from([*BAD, *GOOD])) for _ in range(2)]
    sides = [copy.deepcopy(manifests_of(one / "new.yaml")) for one in folders]
    for manifest in sides[1]:
        *path, last = data.draw(st.sampled_from([*paths(manifest.value)][1:]))
        dig(manifest.value, *path)[last] = data.draw(st.sampled_from(SHAPES))
    change = change_of(sides[0], sides[1], folders[0])
    for rule in RULES:
        for danger in rule.run(change):
            assert danger.message


def test_thousands_of_objects_cost_seconds_not_minutes() -> None:
    text = (FOLDER / "network-policy-widened" / "bad-peer" / "old.yaml").read_text()
    sides: tuple[list[Manifest], list[Manifest]] = ([], [])
    for number in range(1500):
        made = re.sub(r"\b(app|name): (\w+)", rf"\1: \2-{number}", text)
        sides[0].extend(parse(made, "old.yaml"))
        sides[1].extend(parse(made.replace("8080", "8081"), "new.yaml"))
    start = time.monotonic()
    change = change_of(*sides, FOLDER)
    found = [danger for rule in RULES for danger in rule.run(change)]
    assert len(found) >= 1500
    assert time.monotonic() - start < 30
