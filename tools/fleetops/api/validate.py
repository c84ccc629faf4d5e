"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.acceptance import weigh
from fleetops.api.admission import unowned
from fleetops.api.examine import Exhibit, excused, observe, unexcused
from fleetops.api.fleet import bench
from fleetops.api.recall import Opinion, Recall
from fleetops.api.results import Finding, Validation
from fleetops.checks import SAFEGUARD_LOOSENED, UNRENDERABLE
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fleetops.api.fleet import Bench, Fleet
    from fleetops.api.results import Danger
    from fleetops.api.source import Source
    from fleetops.api.stand import Where
    from fleetops.api.trial import Find
    from fleetops.catalogue import Environment
    from fleetops.manifests import Manifest
    from fleetops.render import Render


class Since(Struct, frozen=True):
    """A change, by the revision that it comes from."""

    revision: str
    accepted: Mapping[str, str] = {}
    """The danger rules and gates that are accepted, and why; the change itself cannot say so."""


def validate(
    fleet: Fleet,
    names: Sequence[str],
    narrate: Callable[[str], None],
    where: Where | None = None,
    since: Since | None = None,
) -> Validation:
    """Render and check the environments of these names, or all where none is given.

    With `where`, every document is also tried on that cluster; with `since`, the dangers of the
    change from there are findings too, and what was said there decides. Raises UsageError for an
    unknown name or revision and ProgramError where kustomize, kubeconform, git or the cluster
    cannot be had.
    """
    said: list[Danger] = []
    with bench(fleet, narrate) as place:
        fleet = place.fleet
        before = None
        if since is not None:
            from fleetops.api.safeguards import former

            before = former(place, since.revision)
            said += before.dangers(place, names)
            accepted = SAFEGUARD_LOOSENED.id in since.accepted
            place = replace(place, fleet=before.judging(fleet, accepted=accepted))  # noqa: PLW2901
            fleet = place.fleet
        environments = tuple(fleet.config.environment(name) for name in dict.fromkeys(names))
        environments = environments or fleet.config.environments
        gate = None
        if before is not None:
            from fleetops.api.gate import Gate
            from fleetops.api.syncing import syncing

            gate = Gate(place, before.state, environments, whole=not names)
        needed = {one.name for one in environments} if where else gate.reached if gate else set()
        look = _look(place, environments, needed)
        if gate:
            with place.kustomize.start(gate.overlays) as rendering:
                said += gate.dangers(rendering.each(), look.renders)
        if before:
            known = {(one.rule, one.resource) for one in said}
            whose = names or {*before.state.environments, *(one.name for one in environments)}
            found = syncing(before.state.fleet, fleet, before.git, sorted(whose))
            # What an overlay brings was told of as a part of that.
            said += [one for one in found if (one.rule, one.resource) not in known]
        for one in environments:
            if one.gates.approvals and one.name in look.found:
                said += unowned(place, one, fleet.closure(one), before.books if before else ())
        judged = weigh(said, since.accepted if since else {}, narrate)
        findings = [*look.broken, *excused(fleet, look.found), *judged.findings]
        if look.renders and where is not None:
            exhibits = [
                Exhibit(one, fleet.repository, look.renders[one.name])
                for one in environments
                if one.name in look.renders
            ]
            findings += unexcused(fleet, _tried(fleet, exhibits, where, narrate))
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(environment.name for environment in environments),
        manifests=look.manifests,
        findings=tuple(findings),
        accepted=judged.accepted,
    )


class _Looked(Struct, frozen=True):
    """What there is to be said of environments, whatever change they are part of."""

    manifests: int
    found: dict[str, tuple[Finding, ...]]
    """By environment, also what is excused."""
    broken: list[Finding]
    """Of the environments that cannot be rendered."""
    renders: dict[str, Render]
    """Of those that are needed."""


def _look(place: Bench, environments: Sequence[Environment], needed: AbstractSet[str]) -> _Looked:
    """Render and check what nothing is known of yet, and render what is needed."""
    recall = Recall(place)
    opinions = {one.name: recall.find(one) for one in environments}
    wanted = [one for one in environments if opinions[one.name] is None or one.name in needed]
    broken: list[Finding] = []
    renders: dict[str, Render] = {}

    def exhibits(outcomes: Iterable[Render | InputError]) -> Iterator[Exhibit]:
        for environment, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, InputError):
                broken.append(_unrenderable(environment, outcome))
                continue
            if environment.name in needed:
                renders[environment.name] = outcome
            if opinions[environment.name] is None:
                yield Exhibit(environment, place.fleet.repository, outcome)

    if wanted:
        with place.surveying(wanted, recall.note) as outcomes:
            observations = observe(place, exhibits(outcomes))
        for one in observations:
            opinion = opinions[one.environment.name] = Opinion(one.manifests, one.findings)
            recall.keep(one.environment, one.closure, opinion)
        recall.trim()
    known = {name: opinion for name, opinion in opinions.items() if opinion}
    return _Looked(
        sum(one.manifests for one in known.values()),
        {name: one.findings for name, one in known.items()},
        broken,
        renders,
    )


def _tried(
    fleet: Fleet, exhibits: Sequence[Exhibit], where: Where, narrate: Callable[[str], None]
) -> Iterator[Finding]:
    """Try each environment beside its own prerequisites, so that none sees another's."""
    from fleetops.api.manifest_files import prerequisites
    from fleetops.api.source import Source
    from fleetops.api.trial import Specimen, try_on_cluster

    allowed = replace(where, allowed=fleet.config.throwaway_contexts)
    needed: dict[tuple[str, ...], list[Exhibit]] = {}
    for exhibit in exhibits:
        needed.setdefault(exhibit.environment.prerequisites, []).append(exhibit)
    for alike in needed.values():
        specimens = [
            Specimen(
                one.environment.name,
                one.render.manifests,
                _finder(Source(one.render, one.repository), one.render.manifests),
            )
            for one in alike
        ]
        before = prerequisites(fleet.repository, alike[0].environment)
        yield from try_on_cluster(fleet.repository.root, specimens, before, allowed, narrate)


def _finder(source: Source, manifests: Sequence[Manifest]) -> Find:
    return lambda position, path: source.find(manifests[position], path)


def _unrenderable(environment: Environment, error: InputError) -> Finding:
    return Finding(
        check=UNRENDERABLE.id,
        severity=UNRENDERABLE.severity.value,
        environment=environment.name,
        message=f"{error.message}; {error.hint}" if error.hint else error.message,
        file=error.place.path if error.place else None,
        line=error.place.line if error.place else None,
    )
