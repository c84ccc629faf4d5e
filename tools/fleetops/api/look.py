"""Look at environments: what was said of one is recalled, another is rendered and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.examine import Exhibit, observe
from fleetops.api.recall import Opinion, Recall
from fleetops.api.results.findings import Finding
from fleetops.checks import UNRENDERABLE
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from fleetops.api.bench import Bench
    from fleetops.api.reach import Reach
    from fleetops.catalogue import Environment
    from fleetops.render import Render


class Looked(Struct, frozen=True):
    """What there is to be said of environments, whatever change they are part of."""

    manifests: int
    found: dict[str, tuple[Finding, ...]]
    """By environment, also what is excused."""
    broken: list[Finding]
    """Of the environments that cannot be rendered."""
    renders: dict[str, Render]
    """Of those that are needed."""
    spared: set[str]
    """The environments that the change turned out not to reach."""


def look_at(
    place: Bench,
    environments: Sequence[Environment],
    needed: AbstractSet[str],
    reach: Reach | None,
) -> Looked:
    """Render and check what nothing is known of yet, and render what is needed."""
    recall = Recall(place)
    counted, many = place.progress.counted, len(environments)
    opinions = {one.name: recall.find(one) for one in counted("reading", environments, many)}
    spared = {
        name
        for name, opinion in opinions.items()
        if reach and opinion and reach.spares(name, opinion.runs)
    }
    wanted = [
        one
        for one in environments
        if one.name not in spared and (opinions[one.name] is None or one.name in needed)
    ]
    broken: list[Finding] = []
    renders: dict[str, Render] = {}

    def exhibits(outcomes: Iterable[Render | InputError]) -> Iterator[Exhibit]:
        for environment, outcome in zip(wanted, outcomes, strict=True):
            name = environment.name
            if reach and name in reach.doubtful and _is_spared(place, environment, outcome, reach):
                spared.add(name)
                continue
            if isinstance(outcome, InputError):
                broken.append(_unrenderable(environment, outcome))
                continue
            if name in needed:
                renders[name] = outcome
            if opinions[name] is None:
                yield Exhibit(environment, place.fleet.repository, outcome)

    if wanted:
        with place.surveying(wanted, recall.note) as outcomes:
            told = counted("validating", outcomes, many, many - len(wanted))
            observations = observe(place, exhibits(told))
        for one in observations:
            opinion = Opinion(one.manifests, one.runs, one.findings)
            opinions[one.environment.name] = opinion
            recall.keep(one.environment, one.closure, opinion)
        recall.trim()
    known = {name: opinion for name, opinion in opinions.items() if opinion and name not in spared}
    return Looked(
        sum(one.manifests for one in known.values()),
        {name: one.findings for name, one in known.items()},
        broken,
        renders,
        spared,
    )


def _is_spared(
    place: Bench, environment: Environment, outcome: Render | InputError, reach: Reach
) -> bool:
    """Tell of an environment in doubt whether it is not reached, by what became of its render."""
    if isinstance(outcome, InputError):
        # As before: every file of it is the same.
        return True
    return reach.spares(environment.name, place.scene(environment, outcome).runs)


def _unrenderable(environment: Environment, error: InputError) -> Finding:
    return Finding(
        check=UNRENDERABLE.id,
        severity=UNRENDERABLE.severity.value,
        environment=environment.name,
        message=f"{error.message}; {error.hint}" if error.hint else error.message,
        file=error.place.path if error.place else None,
        line=error.place.line if error.place else None,
    )
