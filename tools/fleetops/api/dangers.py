"""What a change of an environment is in danger of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results import Danger, Finding
from fleetops.api.source import find_gone, find_new
from fleetops.checks import Scene
from fleetops.danger import RULES, Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.source import Source
    from fleetops.change import ObjectDifference
    from fleetops.manifests import Manifest


def dangers(
    environment: str,
    renders: tuple[tuple[Manifest, ...], tuple[Manifest, ...]],
    found: Sequence[ObjectDifference],
    sources: tuple[Source, Source],
    registries: tuple[str, ...],
) -> Iterator[Danger]:
    """Run every rule on the two renders, between which `found` differs; the gravest come first."""
    before, after = (Scene(environment, one, {}) for one in renders)
    change = Change(before, after, tuple(found), registries)
    pairs = [(rule, danger) for rule in RULES for danger in rule.run(change)]
    for rule, danger in sorted(pairs, key=lambda pair: pair[0].severity.value):
        find = find_gone if danger.gone else find_new
        place = find(sources, danger.manifest, danger.path)
        yield Danger(
            rule=rule.id,
            severity=rule.severity.value,
            environment=environment,
            message=danger.message,
            resource=str(danger.manifest.reference),
            path=".".join(map(str, danger.path)),
            file=place.path,
            line=place.line,
        )


def as_finding(danger: Danger) -> Finding:
    """Say a danger as a check would: what is to be refused is an error."""
    return Finding(
        check=danger.rule,
        severity="error" if danger.severity == "refuse" else "warning",
        environment=danger.environment,
        message=danger.message,
        resource=danger.resource,
        path=danger.path,
        file=danger.file,
        line=danger.line,
    )
