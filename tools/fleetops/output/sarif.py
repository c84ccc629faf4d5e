"""A validation as SARIF 2.1.0, which code scanning reads: docs.oasis-open.org/sarif/sarif/v2.1.0.

A message of SARIF may hold links; brackets and backslashes are escaped, so that it holds none.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from fleetops import __version__
from fleetops.api.explain import PAGES
from fleetops.output.clean import clean
from fleetops.output.groups import grouped
from fleetops.remotes.paths import is_local

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleetops.api.results.failure import Failure
    from fleetops.api.results.validation import Validation
    from fleetops.output.groups import Group

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_WHOLE = "fleetops.yaml"
"""The file that stands for an environment of which a finding has no other place."""


def as_sarif(result: Validation) -> str:
    """Write a validation as a log of one run."""
    groups = grouped(result.findings)
    rules = sorted({group.finding.check for group in groups})
    return _log(
        rules,
        {
            "results": [_result(group, rules) for group in groups],
            "properties": {"unreached": list(map(clean, result.unreached))},
        },
    )


def failed(result: Failure) -> str:
    """Write what there is instead of a validation, as a run that did not come to its end."""
    said: dict[str, Any] = {"level": "error", "message": {"text": _text(result.message)}}
    if result.file:
        said["locations"] = [{"physicalLocation": _place(result.file, result.line)}]
    invocation = {
        "executionSuccessful": False,
        "exitCode": result.exit_code,
        "toolExecutionNotifications": [said],
    }
    return _log([], {"invocations": [invocation], "results": []})


def _log(rules: Sequence[str], more: Mapping[str, Any]) -> str:
    """Write a log of one run."""
    driver = {
        "name": "fleetops",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", **more}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log)).decode()


def _rule(name: str) -> dict[str, Any]:
    """Describe a rule by its page; another fleetops, whose result was merged, may have had more."""
    if name not in PAGES:
        return {"id": name}
    title, page = ({"text": _plain(words)} for words in (PAGES[name].title, PAGES[name].page))
    return {"id": name, "shortDescription": title, "fullDescription": page, "help": page}


def _result(group: Group, rules: list[str]) -> dict[str, Any]:
    finding = group.finding
    place = _place(finding.file or _WHOLE, finding.line)
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.resource:
        name = clean(f"{finding.resource} {finding.path}".rstrip())
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    # Not the line: what is above it may grow.
    same = (finding.check, finding.file, finding.resource, finding.path, finding.message)
    return {
        "ruleId": finding.check,
        "ruleIndex": rules.index(finding.check),
        "level": finding.severity,
        "message": {"text": _text(_said(group))},
        "locations": [location],
        "partialFingerprints": {"fleetops/v1": hashlib.sha256(ascii(same).encode()).hexdigest()},
        "properties": {"environments": list(map(clean, group.environments))},
    }


def _place(file: str, line: int | None) -> dict[str, Any]:
    own = is_local(file)
    artifact = {"uri": quote(file, safe="/" if own else "/:@", errors="surrogatepass")}
    if own:
        artifact["uriBaseId"] = "%SRCROOT%"
    place: dict[str, Any] = {"artifactLocation": artifact}
    if line:
        place["region"] = {"startLine": line}
    return place


def _text(words: str) -> str:
    return _plain(clean(words))


def _plain(words: str) -> str:
    return re.sub(r"([\\\[\]])", r"\\\1", words)


def _said(group: Group) -> str:
    return f"{group.where}: {group.finding.message}"
