"""Results are printed for a person or a program, and never obeyed by a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Literal

import pytest

from fleetops.api.results.failure import Failure
from fleetops.api.results.findings import Finding
from fleetops.api.results.promotion import EnvironmentPromotion, Promotion
from fleetops.api.results.services import ServiceStatus
from fleetops.api.results.status import EnvironmentStatus, Status
from fleetops.api.results.validation import Validation
from fleetops.output.clean import clean
from fleetops.output.json import as_json
from fleetops.output.text import as_text

FINDING = Finding(
    check="floating-tag",
    severity="error",
    environment="prod",
    message="it floats",
    resource="Deployment/a/web",
    path="spec.image",
    file="base/web.yaml",
    line=7,
)


def validation(*findings: Finding) -> Validation:
    return Validation(ok=not findings, environments=("dev", "prod"), manifests=1, findings=findings)


def test_a_finding_is_a_line_with_place_severity_and_check() -> None:
    assert as_text(validation(FINDING)) == (
        "base/web.yaml:7: error: [floating-tag] prod: it floats (Deployment/a/web spec.image)\n"
        "dev, prod: 1 manifest, 1 error, 0 warnings"
    )


def test_a_finding_without_a_place_names_its_environment() -> None:
    finding = Finding(check="a", severity="warning", environment="prod", message="so it is")
    assert as_text(validation(finding)).startswith("prod: warning: [a] prod: so it is\n")


def test_without_findings_all_is_well() -> None:
    assert as_text(validation()) == "dev, prod: 1 manifest, ok"


def test_a_failure_has_its_findings_place_and_hint() -> None:
    failure = Failure(
        message="is wrong",
        file="a.yaml",
        line=3,
        hint="put it right",
        exit_code=1,
        findings=(FINDING,),
    )
    first, *rest = as_text(failure).splitlines()
    assert first.startswith("base/web.yaml:7: error: ")
    assert rest == ["fleetops: a.yaml:3: is wrong", "  put it right"]
    assert as_text(Failure(message="is wrong", exit_code=1)) == "fleetops: is wrong"


def test_json_has_the_command_and_the_version_of_its_format() -> None:
    data = json.loads(as_json(validation(FINDING)))
    assert (data["command"], data["version"], data["ok"]) == ("validate", 1, False)
    assert data["findings"][0]["line"] == 7


def test_json_keeps_every_character() -> None:
    message = "".join(map(chr, range(0x20))) + "\x7f\x9b\u202e\u2028\udcffé→😀##[error]"
    assert json.loads(as_json(Failure(message=message, exit_code=1)))["message"] == message


@pytest.mark.parametrize("command", ["::error::", "x ##[error]", "####[add-mask]", "x##vso[task]"])
def test_nothing_that_a_runner_obeys_is_printed(command: str) -> None:
    failure = Failure(message=command, hint=f"x\n{command}", exit_code=1)
    for line in (*as_text(failure).splitlines(), clean(command), *as_json(failure).splitlines()):
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)


def test_json_holds_nothing_that_a_terminal_obeys() -> None:
    failure = Failure(message="\x9b2J\x1b[2J\u202e\udcff", exit_code=1)
    assert all(clean(line) == line for line in as_json(failure).splitlines())


def test_the_matrix_says_where_a_service_does_not_run() -> None:
    services = (
        ServiceStatus(service="web", image="web", versions=(":1", ":2")),
        ServiceStatus(service="db", image="db", versions=()),
    )
    status = EnvironmentStatus(environment="dev", release=None, services=services, off=("alas",))
    assert as_text(Status(environments=(status,))).splitlines() == [
        "environment  release  web   db",
        "dev          none     1, 2  -",
        "dev: alas",
    ]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("planned", "-a\n+b\ndry run: k.yaml would be written"),
        ("promoted", "wrote k.yaml; commit it, and the controller syncs it"),
        ("unchanged", "prod runs v2 already; nothing changes"),
    ],
)
def test_a_promotion_says_what_became_of_it(
    outcome: Literal["planned", "promoted", "unchanged"], said: str
) -> None:
    one = EnvironmentPromotion(
        environment="prod", before=None, file="k.yaml", outcome=outcome, diff="-a\n+b\n"
    )
    promotion = Promotion(release="v2", environments=(one,))
    assert as_text(promotion).endswith(said)


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    obeyed = {"Cc", "Cs", "Zl", "Zp"}
    bidirectional = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    for number in range(0x11000):
        character = chr(number)
        harmful = (
            unicodedata.category(character) in obeyed
            or unicodedata.bidirectional(character) in bidirectional
        )
        assert (clean(character) == character) != harmful, hex(number)
