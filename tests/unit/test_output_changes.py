"""A comparison is text to whoever shows it: a terminal, a runner, a forge's Markdown."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetops.api.results.comparison import Comparison, EnvironmentChange, FieldChange, ObjectChange
from fleetops.api.results.findings import Danger
from fleetops.output.markdown import MOST, as_markdown
from fleetops.output.text import as_text

HOSTILE = st.sampled_from(
    [
        "```",
        "````\n# x",
        "~~~",
        "\n\n<script>alert(1)</script>",
        "</details>",
        "@somebody",
        "[x](http://evil.example)",
        "\x1b[2J",
        "\n::set-output name=a::b",
        "##[command]",
        "|",
        "\u202e",
        "\r",
        "`" * 70,
    ]
)
TEXT = st.lists(HOSTILE | st.text(max_size=8), max_size=4).map("".join)
VALUES = st.none() | st.integers() | TEXT | st.lists(TEXT, max_size=2)


def field(path: str, before: Any = 1, after: Any = 2, **more: Any) -> FieldChange:  # noqa: ANN401
    outcome = "added" if before is None else "removed" if after is None else "changed"
    settings = {"outcome": outcome, "file": "base/a.yaml", "line": 7, **more}
    return FieldChange(path=path, before=before, after=after, **settings)


def changed(*fields: FieldChange, resource: str = "Service/a", **more: Any) -> Comparison:  # noqa: ANN401
    one = ObjectChange(
        resource=resource, outcome="changed", fields=fields, file="base/a.yaml", line=1
    )
    environment = EnvironmentChange(
        environment="prod", outcome="changed", objects=(one,), left_out={"order": 2}, **more
    )
    return comparison(environment)


def comparison(*environments: EnvironmentChange) -> Comparison:
    return Comparison(ok=True, start="0" * 40, end="the work tree", environments=environments)


def test_a_change_is_a_line_with_both_values_and_its_place() -> None:
    fields = (
        field("spec.a"),
        field("spec.b", None, {"x": "é"}),
        field("spec.c", "old", None),
        field("spec.d", outcome="moved"),
        field("spec.e", 1, "1", reason="notation"),
    )
    assert as_text(changed(*fields)).splitlines() == [
        "000000000000 -> the work tree",
        "prod: 5 changes in 1 object; changes nothing: 2 order",
        "  ~ Service/a",
        "  ~   spec.a: 1 -> 2  (base/a.yaml:7)",
        '  +   spec.b: {"x":"é"}  (base/a.yaml:7)',
        '  -   spec.c: "old"  (base/a.yaml:7)',
        "  ~   spec.d: in another order  (base/a.yaml:7)",
        '  ~   spec.e: 1 -> "1", which changes nothing (notation)  (base/a.yaml:7)',
    ]


def test_of_a_text_the_lines_that_change_are_shown() -> None:
    text = "".join(f"line {number}\n" for number in range(100))
    lines = as_text(changed(field("data.a", text, text.replace("line 7\n", "line x\n"))))
    assert lines.splitlines()[-3:] == [
        "  ~   data.a: a text changes  (base/a.yaml:7)",
        "  -     line 7",
        "  +     line x",
    ]
    lines = as_text(changed(field("data.a", text, text.upper())))
    assert lines.splitlines()[-1] == "  ~     and 160 more lines"
    lines = as_text(changed(field("data.a", text * 30, text)))
    assert lines.splitlines()[-1] == "  ~     3000 lines -> 100 lines"


def test_objects_come_and_go_in_a_line() -> None:
    objects = (
        ObjectChange(resource="Service/a", outcome="added", file="a.yaml", line=3),
        ObjectChange(resource="Service/b", outcome="removed", file="b.yaml", line=None),
    )
    environments = (
        EnvironmentChange(environment="dev", outcome="changed", objects=objects),
        EnvironmentChange(environment="prod", outcome="removed", objects=objects[1:]),
        EnvironmentChange(environment="test", outcome="unchanged"),
        EnvironmentChange(environment="x", outcome="broken", problem="a.yaml:3: is wrong"),
    )
    assert as_text(comparison(*environments)).splitlines()[1:] == [
        "dev: 2 changes in 2 objects",
        "  + Service/a  (a.yaml:3)",
        "  - Service/b  (b.yaml)",
        "prod: the environment is removed, with 1 object",
        "  - Service/b  (b.yaml)",
        "test: no change",
        "x: cannot be compared",
        "  a.yaml:3: is wrong",
    ]


DANGER = Danger(
    rule="claim-removed",
    severity="refuse",
    environment="prod",
    message="it leaves",
    resource="PersistentVolumeClaim/a",
    path="spec",
    file="a.yaml",
    line=3,
)


def test_dangers_stand_last_in_text_and_first_in_markdown() -> None:
    result = changed(field("spec.a"), dangers=(DANGER,))
    said = "a.yaml:3: refuse: [claim-removed] prod: it leaves (PersistentVolumeClaim/a spec)"
    text = as_text(result).splitlines()
    assert text[1] == "prod: 1 change in 1 object; changes nothing: 2 order; 1 danger"
    assert text[-1] == said
    markdown = as_markdown(result).splitlines()
    assert markdown[4:8] == ["**1 danger**", "", "```diff", said]


def test_colours_are_for_signs_only_where_they_are_asked_for() -> None:
    result = changed(field("a"), field("b", None), field("c", 1, None))
    assert "\x1b" not in as_text(result)
    coloured = as_text(result, colour=True)
    assert re.findall(r"\x1b\[(\d+)m {2}([+~-])", coloured) == [
        *(("33", "~"), ("33", "~"), ("32", "+"), ("31", "-"))
    ]
    assert re.sub(r"\x1b\[\d+m", "", coloured) == as_text(result)


def outside_of_fences(markdown: str) -> list[str]:
    """Give the lines that a reader of Markdown would obey."""
    lines, fence = [], ""
    for line in markdown.split("\n"):
        if fence:
            fence = "" if line == fence else fence
            # A row that is as long would end the block too.
            assert not fence or len(line) - len(line.lstrip("`")) < len(fence)
        elif found := re.fullmatch(r"(`{3,})diff", line):
            fence = found[1]
        else:
            lines.append(line)
    assert not fence
    return lines


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXT, VALUES, VALUES, TEXT), max_size=5), TEXT, TEXT)
def test_nothing_from_the_repository_stands_outside_of_a_block(
    changes: list[tuple[str, Any, Any, str]], resource: str, problem: str
) -> None:
    fields = [field(path, old, new, file=file) for path, old, new, file in changes]
    result = changed(*fields, resource=resource, problem=problem)
    ours = re.compile(
        r"|### What changes in the render|`0{12} -> the work tree`"
        r"|\*\*`prod`: \d+ changes? in 1 object; changes nothing: 2 order\*\*"
    )
    lines = outside_of_fences(as_markdown(result))
    assert [line for line in lines if not ours.fullmatch(line)] == []
    for line in (*as_text(result).split("\n"), *as_markdown(result).split("\n")):
        assert not {"Cc", "Zl", "Zp", "Cs"} & set(map(unicodedata.category, line))
        assert not line.lstrip().startswith(("::", "##["))


@pytest.mark.parametrize("character", ["x", "€", "`"])
def test_markdown_fits_into_a_comment_and_counts_the_rest(character: str) -> None:
    fields = [field(f"spec.{number}.{character * 900}") for number in range(100)]
    result = changed(*fields)
    environments = result.environments * 100
    written = as_markdown(comparison(*environments))
    assert MOST - 5000 < len(written.encode()) <= MOST
    lines = outside_of_fences(written)
    shown = written.count("spec.")
    (said,) = (line for line in lines if "would not fit" in line)
    rest = int(said.split()[0])
    assert shown + rest + written.count("Service/a") == 100 * 101
