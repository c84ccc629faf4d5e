"""The page of a report holds what the report says, as text and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from tinyhtml5.parser import HTMLParser  # type: ignore[import-untyped]

from fleetops.api.explain import PAGES
from fleetops.api.results.comparison import EnvironmentChange, ObjectChange
from fleetops.output.formats import written
from reports import ABSENT, FIELDS, hostile, report, runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from fleetops.api.results.report import Report

HOSTILE = (
    "</style></script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)><a href=javascript:alert(1)>x</a>",
    "<!-- --><svg/onload=alert(1)>&lt;&#60;]]>",
    "</title></head></p></td></table></main><base href=//example.test>",
    "\x00\x1b[31m\r\n::error::a\u202e\u2028\ud800\x85",
)


def parsed(page: str) -> Element:
    """Parse a page as a browser does; what a browser would have to mend is an error."""
    parser = HTMLParser(namespace_html_elements=False)
    root: Element = parser.parse(page)
    assert parser.errors == []
    return root


def page(result: Report) -> Element:
    return parsed(written(result, "html"))


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def shape(root: Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in root.iter():
        yield str(one.tag), tuple(sorted(one.attrib))


def test_the_matrix_has_a_row_for_each_environment_and_a_column_for_each_service() -> None:
    head, *rows = page(report()).findall(".//tr")
    assert [text(one) for one in head][:4] == ["Environment", "Release", "Behind", "queue"]
    assert {one.get("scope") for one in head} == {"col"}
    assert [text(row[0]) for row in rows] == ["local", "stage", "aws", "aws-spare"]
    assert {row[0].get("scope") for row in rows} == {"row"}
    assert [text(one) for one in rows[2]][1:4] == [
        "release2",
        "1 release behind local since 2026-11-02 09:30Z",
        "release2",
    ]
    assert text(rows[1][5]) == "≠ release2"
    assert text(rows[1][1]) == "none"


def test_findings_are_told_gravest_first_with_places_and_pages() -> None:
    first, second = page(report()).findall(".//article")
    assert text(first).startswith("error claim-absent A volume is of a PersistentVolumeClaim that")
    assert "stage, aws there is no PersistentVolumeClaim mongo-pcv" in text(first)
    assert "base/mongodb/deployment.yaml:77" in [text(one) for one in first.iter("code")]
    assert text(second).startswith("warning floating-tag")
    (unknown,) = page(finding("unknown-kind")).findall(".//article/details/p")
    _, _, words = PAGES["unknown-kind"].page.partition("\n\n")
    assert text(unknown) == " ".join(words.replace("`", "").split())
    assert unknown.find("code") is not None
    assert page(finding("of-another-time")).findall(".//article/details") == []


def finding(check: str) -> Report:
    validation = replace(report().validation, findings=(replace(ABSENT, check=check),))
    return replace(report(), validation=validation)


def test_what_a_change_does_not_reach_is_not_told_as_if_it_were_right() -> None:
    before = report()
    validation = replace(
        before.validation, environments=("local",), unreached=("stage", "aws"), findings=()
    )
    said = text(page(replace(before, validation=validation)))
    assert "none in 1 of 3 environments" in said
    assert "2 environments are not reached and not looked at." in said


def test_changes_are_shown_line_by_line() -> None:
    stage, aws = page(report()).findall(".//details[@class='change']")
    assert "patch.yaml is not there" in text(stage)
    assert text(aws).startswith("aws 5 changes in 3 objects")
    assert [text(one) for one in aws.iter("ins")] == [
        "+ spec.replicas: 2 (base/mongodb/deployment.yaml:9)",
        "+ journal: true",
        "+ ConfigMap/fleetman/settings (base/settings.yaml:1)",
    ]
    assert [text(one)[:9] for one in aws.iter("del")] == ["- journal", "- Service"]


def test_as_text_a_report_is_what_its_parts_are() -> None:
    result = report()
    assert result.comparison is not None
    parts = (result.status, result.validation, result.comparison)
    assert written(result, "text") == "\n\n".join(written(one, "text") for one in parts)


def test_without_a_comparison_no_changes_are_spoken_of() -> None:
    root = page(replace(report(), comparison=None))
    assert [one.get("id") for one in root.iter("section")] == ["runs", "findings"]


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_stranger_has_written_is_text(word: str) -> None:
    result = written(hostile(word), "html")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800-\udfff]", result)
    assert list(shape(parsed(result))) == list(shape(page(hostile("word"))))
    links = {one.get("href", "")[:5] for one in parsed(result).iter() if "href" in one.attrib}
    assert links == {"#runs", "#find", "#chan", "data:"}


def test_the_policy_lets_the_page_load_nothing_and_names_its_style_alone() -> None:
    root = page(report())
    (policy,) = (one.get("content", "") for one in root.iter("meta") if one.get("http-equiv"))
    (style,) = (one.text or "" for one in root.iter("style"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert "url(" not in style
    assert "@import" not in style
    assert not {"script", "iframe", "img", "form"} & {one.tag for one in root.iter()}
    assert not any(name in {"style", "src"} for one in root.iter() for name in one.attrib)


def test_of_too_much_the_rest_is_counted() -> None:
    base = report()
    assert base.comparison is not None
    long = "x" * 5_000
    environments = tuple(runs(f"env-{number}", None, *[long] * 5) for number in range(9_000))
    findings = tuple(
        replace(ABSENT, line=number, message=f"{number} {long}") for number in range(1, 5_000)
    )
    fields = tuple(replace(FIELDS[0], path=f"{number} {long}") for number in range(9_000))
    one = ObjectChange(resource=long, outcome="changed", fields=fields, file="a", line=1)
    changed = tuple(
        EnvironmentChange(environment=f"env-{number}", outcome="changed", objects=(one,))
        for number in range(2)
    )
    huge = replace(
        base,
        status=replace(base.status, environments=environments),
        validation=replace(base.validation, findings=findings),
        comparison=replace(base.comparison, environments=changed),
    )
    result = written(huge, "html")
    assert len(result) < 16_000_000
    for left in ("6500 more environments", "3999 more findings", "4001 more lines"):
        assert f"{left} would not fit" in result
