"""A validation as JUnit's XML: a suite for each environment, a case for each finding."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fleetops.output.clean import clean
from fleetops.output.findings import finding as line_of
from fleetops.output.text import as_text

if TYPE_CHECKING:
    from fleetops.api.results.failure import Failure
    from fleetops.api.results.findings import Finding
    from fleetops.api.results.validation import Validation


def as_junit(result: Validation) -> str:
    """Write a validation; an error is a failed case, and an environment without any has passed.

    One that the change does not reach, and of which nothing is said, is skipped.
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in result.findings:
        found[one.environment].append(one)
    suites = ET.Element("testsuites", name="fleetops validate")
    skipped = set(result.unreached).difference(found)
    for environment in dict.fromkeys((*result.environments, *found, *result.unreached)):
        findings = found[environment]
        failures = sum(one.severity == "error" for one in findings)
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=clean(environment),
            tests=str(max(len(findings), 1)),
            failures=str(failures),
            errors="0",
            skipped=str(int(environment in skipped)),
        )
        for one in findings:
            _case(suite, one)
        if not findings:
            case = ET.SubElement(
                suite, "testcase", name="validate", classname=clean(environment), time="0"
            )
            if environment in skipped:
                ET.SubElement(case, "skipped", message="not reached by the change")
    return _document(suites)


def failed(result: Failure) -> str:
    """Write what there is instead of a validation, as a case that could not be run."""
    suites = ET.Element("testsuites", name="fleetops validate")
    suite = ET.SubElement(suites, "testsuite", name="fleetops", tests="1", failures="0", errors="1")
    case = ET.SubElement(suite, "testcase", name="validate", classname="fleetops", time="0")
    error = ET.SubElement(case, "error", message=clean(result.message))
    error.text = as_text(result)
    return _document(suites)


def _document(suites: ET.Element) -> str:
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _case(suite: ET.Element, finding: Finding) -> None:
    what = finding.resource or finding.file or finding.environment
    case = ET.SubElement(
        suite,
        "testcase",
        name=clean(f"{finding.check} {what}"),
        classname=clean(finding.environment),
        time="0",
    )
    line = clean(line_of(finding, finding.check))
    if finding.severity == "error":
        message = clean(finding.message)
        failure = ET.SubElement(case, "failure", type=finding.check, message=message)
        failure.text = line
    else:
        ET.SubElement(case, "system-out").text = line
