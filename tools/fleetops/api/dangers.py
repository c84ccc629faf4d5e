"""What a change of an environment is in danger of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results.findings import Danger, Finding
from fleetops.api.source import find_gone, find_new
from fleetops.change import differences
from fleetops.checks import Scene
from fleetops.danger import RULES, Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.source import Places
    from fleetops.danger import Rule
    from fleetops.manifests import Manifest


def change_of(
    environment: str,
    before: tuple[Manifest, ...],
    after: tuple[Manifest, ...],
    registries: tuple[str, ...] = (),
) -> Change:
    """Compare two renders of an environment; `registries` are those that images may come from."""
    old, new = Scene(environment, before, {}), Scene(environment, after, {})
    return Change(old, new, tuple(differences(before, after)), registries)


def dangers(
    change: Change, sources: tuple[Places, Places], rules: Sequence[Rule] = RULES
) -> Iterator[Danger]:
    """Run rules on a change; the gravest dangers come first."""
    pairs = [(rule, danger) for rule in rules for danger in rule.run(change)]
    for rule, danger in sorted(pairs, key=lambda pair: pair[0].severity.value):
        find = find_gone if danger.gone else find_new
        place = find(sources, danger.manifest, danger.path)
        yield Danger(
            rule=rule.id,
            severity=rule.severity.value,
            environment=change.after.environment,
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
