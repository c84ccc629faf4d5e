"""A validation as annotations of GitHub's runner, which takes ten of a step.

docs.github.com, "Workflow commands for GitHub Actions": in a message %, line feeds and returns are
escaped, in a property commas and colons too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.clean import clean
from fleetops.output.groups import grouped
from fleetops.output.text import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.api.results.failure import Failure
    from fleetops.api.results.validation import Validation
    from fleetops.output.groups import Group

MOST = 10


def as_github(result: Validation) -> str:
    """Write a validation as text, below its gravest findings as annotations."""
    groups = sorted(grouped(result.findings), key=lambda one: one.finding.severity)
    return "\n".join([*map(_annotation, groups[:MOST]), as_text(result)])


def failed(result: Failure) -> str:
    """Write what there is instead of a validation as an annotation."""
    properties = {"file": result.file, "line": result.line, "title": "fleetops"}
    return _command("error", properties, result.message)


def _annotation(group: Group) -> str:
    finding = group.finding
    properties = {"file": finding.file, "line": finding.line, "title": finding.check}
    resource = f" ({finding.resource})" if finding.resource else ""
    return _command(finding.severity, properties, f"{group.where}: {finding.message}{resource}")


def _command(name: str, properties: Mapping[str, object], message: str) -> str:
    said = ",".join(
        f"{key}={_escaped(str(value), ',:')}" for key, value in properties.items() if value
    )
    return f"::{name} {said}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for sign in f"%{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return clean(text)
