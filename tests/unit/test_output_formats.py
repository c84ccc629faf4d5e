"""A validation is written as each reader of it asks, whatever stands in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from msgspec.structs import replace

from fleetops.api.explain import explain
from fleetops.api.results.failure import Failure
from fleetops.api.results.findings import Finding
from fleetops.api.results.validation import Validation
from fleetops.output.formats import failed, written
from gitops.programs import downloaded

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("text", "markdown", "github", "junit", "sarif")
SARIF = "github.com/owenrumney/go-sarif/v3"
VERSION = "v3.3.1"
SUM = "h1:bKY8YnWcY8zYTiGVObC5wZLlfEvMkCxK9XMGXBbzEtQ="
FINDING = Finding(
    check="floating-tag",
    severity="error",
    environment="dev",
    message="it floats",
    resource="Deployment/a/web",
    path="spec.image",
    file="base/a b,c:%/web.yaml",
    line=7,
)
WARNING = replace(FINDING, severity="warning", check="other", message="so it is", line=None)
FAILURE = Failure(message="unknown key 'a'", file="fleetops.yaml", line=3, exit_code=1)
HOSTILE = "\n::error::a\r\x1b[31m]]><b>&amp;`[x](https://example.test)\ud800\u202e"


def validation(*findings: Finding) -> Validation:
    ok = not any(one.severity == "error" for one in findings)
    return Validation(ok=ok, environments=("dev", "prod"), manifests=9, findings=findings)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give the schema of SARIF 2.1.0, which a library for Go carries."""
    folder: Path = downloaded(SARIF, VERSION, SUM, tmp_path_factory.mktemp("sarif"), print)
    source = (folder / "pkg/report/v210/sarif/schema.go").read_text()
    found: dict[str, Any] = json.loads(source.split("`")[1])
    return found


def sarif(result: Validation, schema: dict[str, Any]) -> list[dict[str, Any]]:
    log = json.loads(written(result, "sarif"))
    jsonschema.Draft4Validator(schema).validate(log)
    results: list[dict[str, Any]] = log["runs"][0]["results"]
    return results


def hostile() -> Finding:
    texts = dict.fromkeys(("environment", "message", "resource", "path", "file"), HOSTILE)
    return replace(FINDING, **texts)


def test_sarif_has_the_place_and_the_environments_of_each_finding(schema: dict[str, Any]) -> None:
    first, second = sarif(
        validation(FINDING, replace(FINDING, environment="prod"), WARNING), schema
    )
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "base/a%20b%2Cc%3A%25/web.yaml"
    assert place["region"] == {"startLine": 7}
    assert (first["ruleId"], first["level"]) == ("floating-tag", "error")
    assert first["message"]["text"] == "dev, prod: it floats"
    assert first["properties"]["environments"] == ["dev", "prod"]
    assert (second["ruleId"], second["level"]) == ("other", "warning")
    assert sarif(validation(), schema) == []


def test_sarif_knows_a_finding_again_whose_line_has_moved(schema: dict[str, Any]) -> None:
    (one,) = sarif(validation(FINDING), schema)
    (moved,) = sarif(validation(replace(FINDING, line=9)), schema)
    (other,) = sarif(validation(replace(FINDING, resource="Deployment/a/api")), schema)
    assert one["partialFingerprints"] == moved["partialFingerprints"]
    assert one["partialFingerprints"] != other["partialFingerprints"]


def test_sarif_describes_each_rule_that_there_is_by_its_page(schema: dict[str, Any]) -> None:
    result = validation(FINDING, WARNING)
    sarif(result, schema)
    known, unknown = json.loads(written(result, "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    assert unknown == {"id": "other"}
    assert known["id"] == "floating-tag"
    assert known["fullDescription"] == known["help"]
    text = re.sub(r"\\(.)", r"\1", known["help"]["text"])
    assert explain("floating-tag") == f"floating-tag (error): {text}"
    assert text.startswith(known["shortDescription"]["text"] + "\n")


def test_sarif_holds_no_link_of_the_repositorys(schema: dict[str, Any]) -> None:
    (one,) = sarif(validation(hostile()), schema)
    assert r"\[x\](https" in one["message"]["text"]


def test_junit_has_a_suite_for_each_environment_and_a_failure_for_each_error() -> None:
    suites = ET.fromstring(written(validation(FINDING, WARNING), "junit"))  # noqa: S314 - it is ours
    dev, prod = suites
    assert (dev.get("name"), dev.get("tests"), dev.get("failures")) == ("dev", "2", "1")
    (failure,) = dev.iter("failure")
    assert failure.get("type") == "floating-tag"
    assert "base/a b,c:%/web.yaml:7: error: [floating-tag]" in (failure.text or "")
    assert (prod.get("name"), prod.get("tests"), prod.get("failures")) == ("prod", "1", "0")


def test_what_a_change_does_not_reach_is_in_every_format_and_passes_in_none(
    schema: dict[str, Any],
) -> None:
    result = replace(validation(FINDING), environments=("dev",), unreached=("prod", "spare"))
    end = "dev: 9 manifests, 1 error, 0 warnings; 2 environments are not reached"
    for output in ("text", "markdown", "github"):
        assert end in written(result, output)
    suites = ET.fromstring(written(result, "junit"))  # noqa: S314 - it is ours
    assert [(one.get("name"), one.get("skipped")) for one in suites] == [
        ("dev", "0"),
        ("prod", "1"),
        ("spare", "1"),
    ]
    assert len(list(suites.iter("skipped"))) == 2
    assert len(sarif(result, schema)) == 1
    log = json.loads(written(result, "sarif"))
    assert log["runs"][0]["properties"] == {"unreached": ["prod", "spare"]}
    nothing = replace(result, environments=(), findings=(), ok=True)
    assert written(nothing, "text") == "the change reaches none of prod, spare: ok"
    many = replace(nothing, unreached=("a", "b", "c", "d", "e"))
    assert written(many, "text") == "the change reaches none of a, b, c and 2 more: ok"
    alone = replace(nothing, unreached=("prod",))
    assert written(alone, "text") == "the change does not reach prod: ok"


def test_annotations_are_at_most_ten_and_the_gravest() -> None:
    warnings = [replace(WARNING, message=f"warning {number}") for number in range(20)]
    errors = [replace(FINDING, message=f"error {number}") for number in range(3)]
    lines = written(validation(*warnings, *errors), "github").splitlines()
    annotations = [line for line in lines if line.startswith("::")]
    assert lines[:10] == annotations
    assert [line[2:7] for line in annotations[:4]] == ["error", "error", "error", "warni"]
    place = "file=base/a b%2Cc%3A%25/web.yaml,line=7,title=floating-tag"
    assert annotations[0] == f"::error {place}::dev: error 0 (Deployment/a/web)"
    # Whatever is no annotation is in the log all the same.
    assert len(lines) == 10 + 23 + 1


def test_what_is_the_same_in_many_environments_is_said_once() -> None:
    findings = [replace(FINDING, environment=f"env-{number}") for number in range(20)]
    first, summary = written(validation(*findings), "text").splitlines()
    assert "error: [floating-tag] env-0, env-1, env-2 and 17 more: it floats" in first
    assert summary == "dev, prod: 9 manifests, 1 error, 0 warnings"


def test_many_environments_are_counted() -> None:
    names = tuple(f"env-{number}" for number in range(200))
    result = replace(validation(), environments=names)
    assert written(result, "text") == "env-0, env-1, env-2 and 197 more: 9 manifests, ok"


@pytest.mark.parametrize("output", FORMATS)
def test_what_a_stranger_has_written_is_text(output: str) -> None:
    text = written(validation(hostile()), output)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    commands = [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]
    assert len(commands) == (output == "github")
    assert all(line.startswith("::error file=") for line in commands)


@pytest.mark.parametrize("output", FORMATS[1:])
def test_a_failure_is_text_too(output: str) -> None:
    hint = dict.fromkeys(("message", "file", "hint"), HOSTILE)
    text = failed(replace(FAILURE, **hint, log=(HOSTILE,)), output) or ""
    assert "\\x0a" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    commands = [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))]
    assert len(commands) == (output == "github")


def test_where_there_is_no_result_every_document_says_so(schema: dict[str, Any]) -> None:
    annotation = "::error file=fleetops.yaml,line=3,title=fleetops::unknown key 'a'"
    assert failed(FAILURE, "github") == annotation
    suites = ET.fromstring(failed(FAILURE, "junit") or "")  # noqa: S314 - our own
    assert [one.attrib["message"] for one in suites.iter("error")] == ["unknown key 'a'"]
    assert "fleetops.yaml:3: unknown key 'a'" in (failed(FAILURE, "markdown") or "")
    log = json.loads(failed(FAILURE, "sarif") or "")
    jsonschema.Draft4Validator(schema).validate(log)
    (invocation,) = log["runs"][0]["invocations"]
    assert (invocation["executionSuccessful"], log["runs"][0]["results"]) == (False, [])
    assert failed(FAILURE, "text") is None


def test_markdown_is_not_longer_than_a_comment_may_be() -> None:
    findings = [replace(FINDING, line=number, message="x" * 500) for number in range(1, 1000)]
    text = written(validation(*findings), "markdown")
    assert len(text) <= 65_000
    assert "999 errors" in text
    assert re.search(r"\d+ more lines would not fit", text)
