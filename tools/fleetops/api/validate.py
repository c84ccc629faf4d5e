"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.acceptance import apart, weigh
from fleetops.api.admission import unowned
from fleetops.api.examine import Exhibit, excused, observe, unexcused
from fleetops.api.fleet import bench
from fleetops.api.recall import Opinion, Recall
from fleetops.api.results import Finding, Shard, Validation
from fleetops.checks import SAFEGUARD_LOOSENED, UNRENDERABLE
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from fleetops.api.fleet import Bench, Fleet
    from fleetops.api.results import Danger
    from fleetops.api.safeguards import Former
    from fleetops.api.shards import Part
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


class Request(Struct, frozen=True):
    """A validation that is asked for."""

    environments: tuple[str, ...] = ()
    """All where none is named."""
    part: Part | None = None
    """Which part of them is looked at, None for all."""
    where: Where | None = None
    """The cluster that every document is tried on too, if it is no part."""
    since: Since | None = None
    """The change whose dangers are findings too; what was said before it decides."""


def validate(fleet: Fleet, request: Request, narrate: Callable[[str], None]) -> Validation:
    """Render and check environments.

    Raises UsageError for an unknown name or revision and ProgramError where kustomize, kubeconform,
    git or the cluster cannot be had.
    """
    part, where, since = request.part, request.where, request.since
    with bench(fleet, narrate) as outset:
        asked = tuple(map(outset.fleet.config.environment, dict.fromkeys(request.environments)))
        names = [one.name for one in asked or outset.fleet.config.environments]
        own = part.share(names) if part else names
        place, before = _judging(outset, since)
        fleet = place.fleet
        known = {one.name: one for one in fleet.config.environments}
        environments = [known[name] for name in own]
        said: list[Danger] = []
        synced: list[Danger] = []
        gate = None
        if before:
            from fleetops.api.gate import Gate
            from fleetops.api.syncing import syncing

            first = part is None or part.is_first
            gate = Gate(place, before.state, environments, whole=first and not asked)
            if first:
                said += before.dangers(outset, request.environments)
                whose = {*names, *(() if asked else before.state.environments)}
                synced += syncing(before.state.fleet, fleet, before.git, sorted(whose))
        needed = {*own} if where else gate.reached if gate else set()
        look = _look(place, environments, needed)
        if gate:
            with place.kustomize.start(gate.overlays) as rendering:
                said += gate.dangers(rendering.each(), look.renders)
        if part is None:
            said += apart(synced, {(one.rule, one.resource) for one in said})
        said += _unowned(place, before, [one for one in environments if one.name in look.found])
        tell = narrate if part is None else _untold
        judged = weigh(said, since.accepted if since else {}, tell)
        left = excused(fleet, look.found, {*names}.difference(own))
        findings = [*look.broken, *(left.kept if part else left.findings), *judged.findings]
        if where is not None:
            exhibits = [
                Exhibit(one, fleet.repository, look.renders[one.name])
                for one in environments
                if one.name in look.renders
            ]
            findings += unexcused(fleet, _tried(fleet, exhibits, where, narrate))
        shard = None
        if part:
            from fleetops.api.shards import state_of

            shard = Shard(
                number=part.number,
                of=part.of,
                state=state_of(outset, request, before.state.name if before else None),
                unused=dict(left.unused),
                synced=tuple(synced),
            )
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(environment.name for environment in environments),
        manifests=look.manifests,
        findings=tuple(findings),
        accepted=judged.accepted,
        shard=shard,
    )


def _judging(outset: Bench, since: Since | None) -> tuple[Bench, Former | None]:
    """Give the bench of which what was said before a change decides, and what that was."""
    if since is None:
        return outset, None
    from fleetops.api.safeguards import former

    before = former(outset, since.revision)
    accepted = SAFEGUARD_LOOSENED.id in since.accepted
    return replace(outset, fleet=before.judging(outset.fleet, accepted=accepted)), before


def _untold(_line: str) -> None:
    """Leave a line to whoever merges."""


def _unowned(
    place: Bench, before: Former | None, environments: Iterable[Environment]
) -> Iterator[Danger]:
    for one in environments:
        if one.gates.approvals:
            books = before.books if before else ()
            yield from unowned(place, one, place.fleet.closure(one), books)


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
