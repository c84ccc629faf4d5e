"""What a promotion is in danger of, and which of that is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.dangers import as_finding, change_of, dangers
from fleetops.api.results.findings import Acceptance
from fleetops.api.source import Source
from fleetops.checks import GATES, SAFEGUARDS
from fleetops.danger import IDS
from fleetops.errors import UsageError
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fleetops.api.fleet import Fleet
    from fleetops.api.results.findings import Danger, Finding
    from fleetops.catalogue import Environment
    from fleetops.files import Repository
    from fleetops.render import Render


class Judged(Struct, frozen=True):
    """The dangers of a promotion."""

    findings: tuple[Finding, ...]
    """What is not accepted."""
    accepted: tuple[Acceptance, ...]


def reasons(rules: Sequence[str], because: Sequence[str]) -> dict[str, str]:
    """Give why each rule is accepted, each reason in one line.

    Raises UsageError for a rule that there is not, or is without a reason.
    """
    known = (*IDS, *(gate.id for gate in (*GATES, *SAFEGUARDS)))
    for rule in rules:
        if rule not in known:
            raise UsageError(unknown("danger rule", rule, known))
    said = [" ".join(one.split()) for one in because]
    if len(rules) != len(said) or not all(said):
        raise UsageError(
            "each --accept has its --because, in their order",
            hint='as in --accept database-downgraded --because "restored from the backup of today"',
        )
    return dict(zip(rules, said, strict=True))


def foretold(
    fleet: Fleet, environment: Environment, renders: tuple[Render, Render], copy: Repository
) -> Iterator[Danger]:
    """Run the danger rules on an environment as it is and, in `copy`, as it would be."""
    before, after = renders
    registries = fleet.config.registries
    change = change_of(environment.name, before.manifests, after.manifests, registries)
    return dangers(change, (Source(before, fleet.repository), Source(after, copy)))


def weigh(
    said: Sequence[Danger], accepted: Mapping[str, str], narrate: Callable[[str], None]
) -> Judged:
    """Tell what of gates and dangers is accepted, and what is not.

    `narrate` is told what was to be accepted for nothing.
    """
    for line in needless(accepted, (one.rule for one in said)):
        narrate(line)
    return Judged(
        tuple(as_finding(one) for one in said if one.rule not in accepted),
        tuple(
            Acceptance(rule=rule, because=because, dangers=tuple(ones))
            for rule, because in accepted.items()
            if (ones := [one for one in said if one.rule == rule])
        ),
    )


def needless(accepted: Mapping[str, str], rules: Iterable[str]) -> Iterator[str]:
    """Say which rules were to be accepted for nothing."""
    for rule in sorted(accepted.keys() - {*rules}):
        yield f"--accept {rule} was not needed: nothing here is in that danger"


def apart(synced: Iterable[Danger], said: AbstractSet[tuple[str, str | None]]) -> list[Danger]:
    """Leave out, of what syncs environments, what an overlay brings: it was told of as such.

    `said` are the rule and the resource of each danger of an environment.
    """
    return [one for one in synced if (one.rule, one.resource) not in said]
