"""Edits of `images:` change what was asked for, and not a byte beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from fleetops.errors import FleetopsError, RefusedError
from fleetops.kustomization import Pin, set_images

CASES = Path(__file__).parent.parent / "cases" / "edits"
PATH = "overlays/local/kustomization.yaml"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
RELEASE2 = Pin("acme/queue", "release2")

# One reader that shares no code with the editor: PyYAML's own, with every scalar a word.
Tree = str | list["Tree"] | dict[str, "Tree"]


def node(text: str) -> yaml.Node:
    documents = list(yaml.compose_all(text, Loader=yaml.BaseLoader))
    assert all(isinstance(other, yaml.ScalarNode) for other in documents[1:])
    assert documents
    return documents[0]


def tree(found: yaml.Node) -> Tree:
    if isinstance(found, yaml.MappingNode):
        pairs = [(str(key.value), tree(value)) for key, value in found.value]
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)
    if isinstance(found, yaml.SequenceNode):
        return [tree(item) for item in found.value]
    return str(found.value)


def entries(found: Tree) -> list[Any]:
    assert isinstance(found, dict)
    images = found.get("images") or []
    assert isinstance(images, list)
    return images


def wanted(old: Tree, pins: list[Pin]) -> Tree:
    """Say what a kustomization has to say behind the edit; the order of keys is not looked at."""
    assert isinstance(old, dict)
    images = [dict(entry) for entry in entries(old)]
    for pin in pins:
        entry = next((entry for entry in images if entry.get("name") == pin.name), None)
        if entry is None:
            images.append(entry := {"name": pin.name})
        entry["newTag"] = pin.tag
        entry.pop("digest", None)
        if pin.digest is not None:
            entry["digest"] = pin.digest
    new: dict[str, Any] = {**old, "images": images}
    return new if images else old


def values_of(text: str, names: set[str]) -> list[yaml.ScalarNode]:
    """Find the tags and digests of some images in a text."""
    top = node(text)
    assert isinstance(top, yaml.MappingNode)
    images = next(value for key, value in top.value if key.value == "images")
    return [
        value
        for entry in images.value
        if any(key.value == "name" and value.value in names for key, value in entry.value)
        for key, value in entry.value
        if key.value in ("newTag", "digest")
    ]


def assert_only_values_differ(text: str, edited: str, names: set[str]) -> None:
    """Compare what stands between the tags and digests, and how those are quoted."""
    old, new = values_of(text, names), values_of(edited, names)
    for before, after in zip(old, new, strict=True):
        assert after.style in (before.style, '"' if before.style is None else before.style)
    between = []
    for whole, values in ((text, old), (edited, new)):
        ends = [0, *(value.end_mark.index for value in values)]
        starts = [*(value.start_mark.index for value in values), len(whole)]
        parts = [whole[end:start] for end, start in zip(ends, starts, strict=True)]
        # Where no value stood, a blank has to come before it.
        absent = any(value.value == "" and value.style is None for value in old)
        between.append([part.strip(" ") if absent else part for part in parts])
    assert between[0] == between[1]


def shape(found: Tree) -> list[Any]:
    return [set(entry) for entry in entries(found)]


def attempt(text: str, pins: list[Pin]) -> str | FleetopsError:
    try:
        return set_images(text, PATH, pins)
    except FleetopsError as error:
        return error


def assert_promises_hold(text: str, pins: list[Pin]) -> None:
    """Edit `text`: either a refusal with its line, or a change of the intended spans only."""
    edited = attempt(text, pins)
    if isinstance(edited, FleetopsError):
        event(type(edited).__name__)
        assert edited.place is not None
        if isinstance(edited, RefusedError):
            assert edited.place.line is not None
            assert 1 <= edited.place.line <= len(text.splitlines()) + 1
        return
    event("edited")
    old, new = tree(node(text)), tree(node(edited))
    assert new == wanted(old, pins)
    assert list(new)[: len(old)] == list(old)
    assert set_images(edited, PATH, pins) == edited
    assert text.endswith(("\n", "\r")) == edited.endswith(("\n", "\r"))
    if "\r" not in text:
        assert "\r" not in edited
    if "\n" not in text.replace("\r\n", ""):
        assert "\n" not in edited.replace("\r\n", "") or "\n" not in text
    if shape(old) == shape(new):
        assert_only_values_differ(text, edited, {pin.name for pin in pins})
    elif len(pins) == 1 and len(edited) > len(text) and shape(old) == shape(new)[: len(shape(old))]:
        # One entry more, and nothing but it: all the old text stands around it.
        common = next(
            (index for index, (a, b) in enumerate(zip(text, edited, strict=False)) if a != b),
            len(text),
        )
        assert edited.endswith(text[common:])


# -- Kustomizations as text --

COMMENTS = st.sampled_from(
    [
        '# {"$imagepolicy": "flux-system:queue:tag"}',
        "# images: - name: acme/queue",
        "#",
        "# newTag: release1 # twice",
        "# 𝄞 é 'quote\" [bracket",
        "#\ttab",
    ]
)
GAPS = st.sampled_from(["", "", "", " ", "\t", "  \t"])
TAILS = st.one_of(GAPS, st.builds(lambda gap, comment: f" {gap}{comment}", GAPS, COMMENTS))
NAMES = st.sampled_from(["acme/queue", "acme/tracker", "mongo", "registry.example:5000/acme/web"])
TAGS = st.sampled_from(["release1", "release2", "3.6.5-jessie", "1.10", "0x1F", "y", "1e3", "v1"])
PINS = st.builds(Pin, NAMES, TAGS, st.sampled_from([None, None, None, DIGEST]))


@st.composite
def words(draw: st.DrawFn, word: str, *, nasty: bool = True) -> str:
    """Write a word in one of YAML's ways."""
    plain = word if not word[0].isdigit() and word != "y" else f'"{word}"'
    ways = [plain, plain, f"'{word}'", f'"{word}"']
    if nasty:
        ways += [
            f'"\\x{ord(word[0]):02x}{word[1:]}"',
            f"!!str {plain}",
            f"&anchor {plain}",
            f"|-\n      {word}",
            f">-\n      {word}\n",
            f"\n          {plain}",
            f'"{word[:2]}\\\n          {word[2:]}"',
            "*alias",
            "",
        ]
    return draw(st.sampled_from(ways))


@st.composite
def fields(draw: st.DrawFn, name: str, *, nasty: bool) -> list[tuple[str, str]]:
    """Give the keys of one entry with their written values, in any order."""
    values = {"name": name}
    for key, value in (
        ("newName", "mirror/other"),
        ("newTag", draw(TAGS)),
        ("digest", DIGEST.replace("0", "f")),
        ("tagSuffix", "-debug"),
    ):
        chance = {"newTag": 9, "tagSuffix": int(nasty)}.get(key, 3)
        if draw(st.integers(0, 11)) < chance:
            values[key] = value
    keys = draw(st.permutations(list(values)))
    if not nasty:
        keys = sorted(keys, key=list(values).index)
    rarely = st.integers(0, 9).map(lambda number: nasty and number == 0)
    return [
        (
            draw(st.sampled_from([key, key, key, f'"{key}"', f"'{key}'"])) if nasty else key,
            draw(words(values[key], nasty=draw(rarely))),
        )
        for key in keys
    ]


@st.composite
def block_entry(draw: st.DrawFn, name: str, indent: int, *, nasty: bool) -> str:
    gap = " " * draw(st.sampled_from([1, 1, 1, 2, 3]))
    column = indent + 1 + len(gap)
    lines: list[str] = []
    for key, value in draw(fields(name, nasty=nasty)):
        if lines and draw(st.integers(0, 5)) == 0:
            lines.append(" " * draw(st.integers(0, 6)) + draw(COMMENTS))
        if lines and nasty and draw(st.integers(0, 9)) == 0:
            lines.append(" " * draw(st.integers(0, 6)))
        lead = " " * column if lines else f"{' ' * indent}-{gap}"
        if not lines and nasty and draw(st.integers(0, 9)) == 0:
            lines.append(f"{' ' * indent}-{draw(TAILS)}")
            lead = " " * column
        # A comment behind a digest would have to go with it.
        tails = TAILS if nasty or "digest" not in key else GAPS
        tail = "" if value.endswith("\n") else draw(tails)
        lines.append(f"{lead}{key}: {value}{tail}")
    return "\n".join(lines)


@st.composite
def flow_entry(draw: st.DrawFn, name: str, *, nasty: bool) -> str:
    pairs = draw(fields(name, nasty=nasty))
    blank = draw(st.sampled_from(["", " "]))
    comma = draw(st.sampled_from([", ", ",", " , ", ",\n     "])) if nasty else ", "
    inside = comma.join(f"{key}: {value}".rstrip("\n") for key, value in pairs)
    trailing = draw(st.sampled_from(["", "", ","])) if nasty else ""
    return f"{{{blank}{inside}{trailing}{blank}}}"


@st.composite
def images(draw: st.DrawFn, *, nasty: bool) -> str:
    names = draw(st.lists(NAMES, max_size=3, unique=not nasty or draw(st.integers(0, 9)) > 0))
    key = draw(st.sampled_from(["images", "images", "'images'", "images "])) if nasty else "images"
    if not names:
        return f"{key}:{draw(st.sampled_from(['', ' []', ' [ ]']))}{draw(TAILS)}"
    if draw(st.integers(0, 4)) == 0:
        items = [draw(flow_entry(name, nasty=nasty)) for name in names]
        if draw(st.booleans()):
            return f"{key}: [{', '.join(items)}]{draw(TAILS)}"
        comma = draw(st.sampled_from([",", ""]))
        comment = f" {draw(COMMENTS)}" if nasty and draw(st.booleans()) else ""
        lines = "".join(f"  {item},{comment}\n" for item in items[:-1])
        return f"{key}: [\n{lines}  {items[-1]}{comma}\n]{draw(TAILS)}"
    indent = draw(st.sampled_from([0, 0, 2, 4]))
    parts = [f"{key}:{draw(TAILS)}"]
    for name in names:
        if draw(st.integers(0, 6)) == 0:
            parts.append(" " * draw(st.integers(0, 8)) + draw(COMMENTS))
        if draw(st.integers(0, 6)) == 0:
            item = draw(flow_entry(name, nasty=nasty))
            parts.append(f"{' ' * indent}- {item}{draw(TAILS)}")
        else:
            parts.append(draw(block_entry(name, indent, nasty=nasty)))
    return "\n".join(parts)


OTHERS = [
    "resources:\n- ../../base\n- storage.yaml # a volume",
    "resources:\n  -   ../../base\n\n  -   storage.yaml",
    "resources: [../../base, 'storage.yaml']",
    "apiVersion: kustomize.config.k8s.io/v1beta1",
    "kind: Kustomization",
    "namespace: fleet 𝄞",
    "patches:\n  - patch: |\n      # no comment\n      images:\n      - name: acme/queue\n",
    "commonAnnotations:\n  text: one\n    two # three\n  folded: >-\n    images: []\n\n    more",
    'configMapGenerator:\n- name: &config settings\n  literals: [a=1, "b=\\u00e9"]',
    "labels:\n- pairs: {a: b} # }",
]
ODD = [
    "vars: &vars\n  - name: a\nreplicas: *vars",
    "metadata:\n  annotations: |+\n    kept\n\n",
    "nameSuffix: ''\t",
    "? namePrefix\n: a-",
    "x: &base {newTag: release1}\ny:\n  <<: *base",
    "z:",
]


@st.composite
def kustomizations(draw: st.DrawFn, *, nasty: bool) -> str:
    """Write a kustomization: ordinary, or with all that YAML lets pass."""
    parts = draw(st.lists(st.sampled_from(OTHERS + ODD * nasty), max_size=4, unique=True))
    parts = list({part.partition(":")[0]: part for part in parts}.values())
    if not parts or draw(st.integers(0, 5)):
        parts.insert(draw(st.integers(0, len(parts))), draw(images(nasty=nasty)))
    text = ""
    for part in parts:
        if draw(st.integers(0, 4)) == 0:
            text += f"{draw(COMMENTS)}\n"
        text += f"{part}\n"
        if draw(st.integers(0, 5)) == 0:
            text += " " * draw(st.integers(0, 3)) * nasty + "\n"
    text = draw(st.sampled_from(["", "", "---\n", "# head\n---\n", "\n\n"])) + text
    text += draw(st.sampled_from(["", "", "# tail\n", "\n\n", "...\n" * nasty, "---\n" * nasty]))
    # Without its line break a block scalar is another one when something follows it.
    if draw(st.booleans()) and (nasty or "|" not in parts[-1]):
        text = text.removesuffix("\n")
    if nasty and draw(st.integers(0, 5)) == 0:
        text = "\ufeff" + text
    match draw(st.integers(0, 5)):
        case 0:
            text = text.replace("\n", "\r\n")
        case 1 if nasty:
            lines = text.split("\n")
            breaks = draw(
                st.lists(
                    st.sampled_from(["\n", "\r\n"]),
                    min_size=len(lines) - 1,
                    max_size=len(lines) - 1,
                )
            )
            text = "".join(a + b for a, b in zip(lines, [*breaks, ""], strict=True))
    if nasty and draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 3))
        text = (
            text[:at]
            + draw(st.sampled_from(["", " ", "\n", "#", ",", ":", "'"]))
            + text[at + cut :]
        )
    return text


def is_kustomization(text: str) -> bool:
    """Tell whether the other reader takes it for one mapping without duplicates."""
    try:
        return isinstance(tree(node(text)), dict)
    except (yaml.YAMLError, AssertionError, TypeError, RecursionError):
        return False


@settings(deadline=None, max_examples=250, derandomize=True)
@given(text=kustomizations(nasty=True), pins=st.lists(PINS, min_size=1, max_size=3))
def test_an_edit_is_refused_with_its_line_or_changes_the_intended_spans_only(
    text: str, pins: list[Pin]
) -> None:
    assume(len({pin.name for pin in pins}) == len(pins))
    assume(is_kustomization(text))
    assert_promises_hold(text, pins)


@settings(deadline=None, max_examples=250, derandomize=True)
@given(text=kustomizations(nasty=False), pin=PINS)
def test_ordinary_styles_are_never_refused(text: str, pin: Pin) -> None:
    assume(is_kustomization(text))
    assert isinstance(attempt(text, [pin]), str)
    assert_promises_hold(text, [pin])


# -- Cases written by hand --


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_an_edit_gives_the_text_written_by_hand(case: Path) -> None:
    before = (case / "before.yaml").read_bytes().decode()
    pins = [Pin(**pin) for pin in json.loads((case / "pins.json").read_text())]
    outcome = attempt(before, pins)
    if (case / "refused.txt").exists():
        assert isinstance(outcome, RefusedError)
        assert outcome.place is not None
        said = f"{outcome.place.line}: {outcome.message}\n"
        assert said == (case / "refused.txt").read_text()
    else:
        assert outcome == (case / "after.yaml").read_bytes().decode()
        assert set_images(outcome, PATH, pins) == outcome
