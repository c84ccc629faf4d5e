"""Findings, dangers and what of these is accepted as lines, as compilers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.groups import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.api.results.findings import Acceptance, Danger, Finding


def finding(
    one: Finding | Danger, name: str, where: str | None = None, weight: str | None = None
) -> str:
    """Say where it is, how grave, by which check or rule, what, and of which object.

    `where` says in which environments it is, if it is not one alone, and `weight` how grave it is
    where that is another matter than for the check or rule.
    """
    place = ":".join(str(part) for part in (one.file, one.line) if part)
    resource = f" ({one.resource}{' ' + one.path if one.path else ''})" if one.resource else ""
    return (
        f"{place or one.environment}: {weight or one.severity}: [{name}] "
        f"{where or one.environment}: {one.message}{resource}"
    )


def listed(findings: Sequence[Finding]) -> list[str]:
    """Write findings as lines; what is the same in several environments is said once."""
    groups = grouped(findings)
    return [finding(one.finding, one.finding.check, one.where) for one in groups]


def accepted(acceptance: Acceptance) -> list[str]:
    """Write a rule that is accepted as lines, with what it would have refused."""
    said = [finding(one, one.rule, weight="accepted") for one in acceptance.dangers]
    return [*said, f"accepted {acceptance.rule}: {acceptance.because}"]
