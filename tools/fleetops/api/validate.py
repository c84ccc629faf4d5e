"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.acceptance import apart, weigh
from fleetops.api.admission import unowned
from fleetops.api.bench import bench
from fleetops.api.examine import Exhibit, excused, unexcused
from fleetops.api.look import look_at
from fleetops.api.results.validation import Shard, Validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.owners import Book
    from fleetops.api.progress import Narrate
    from fleetops.api.results.findings import Danger, Finding
    from fleetops.api.shards import Part
    from fleetops.api.source import Source
    from fleetops.api.stand import Where
    from fleetops.api.trial import Find
    from fleetops.catalogue import Environment
    from fleetops.manifests import Manifest


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

    @property
    def is_first(self) -> bool:
        """Whether what is said of no single environment is told here."""
        return self.part is None or self.part.is_first


def validate(fleet: Fleet, request: Request, narrate: Narrate) -> Validation:
    """Render and check environments.

    Raises UsageError for an unknown name or revision and ProgramError where kustomize, kubeconform,
    git or the cluster cannot be had.
    """
    part, where, since = request.part, request.where, request.since
    with bench(fleet, narrate) as outset:
        asked = tuple(map(outset.fleet.config.environment, dict.fromkeys(request.environments)))
        everything = asked or outset.fleet.config.environments
        names = [one.name for one in everything]
        own = part.share(names) if part else names
        known = {one.name: one for one in everything}
        environments = tuple(known[name] for name in own)
        place, case = outset, None
        said: list[Danger] = []
        synced: list[Danger] = []
        if since:
            from fleetops.api.case import open_case

            case = open_case(outset, request, since, environments)
            place, environments = case.bench, case.environments
        needed = {*own} if where else case.gate.renders if case else set()
        look = look_at(place, environments, needed, case.reach if case else None)
        environments = tuple(one for one in environments if one.name not in look.spared)
        if case:
            said += case.dangers(look.renders)
            synced += case.synced()
        if part is None:
            said += apart(synced, {(one.rule, one.resource) for one in said})
        books = case.former.books if case else ()
        said += _unowned(place, books, [one for one in environments if one.name in look.found])
        tell = narrate if part is None else _untold
        judged = weigh(said, since.accepted if since else {}, tell)
        left = excused(place.fleet, look.found, {*names}.difference(own))
        findings = [*look.broken, *(left.kept if part else left.findings), *judged.findings]
        if where is not None:
            exhibits = [
                Exhibit(one, fleet.repository, look.renders[one.name])
                for one in environments
                if one.name in look.renders
            ]
            findings += unexcused(place.fleet, _tried(place.fleet, exhibits, where, narrate))
        shard = None
        if part:
            from fleetops.api.shards import state_of

            shard = Shard(
                number=part.number,
                of=part.of,
                state=state_of(outset, request, case.former.state.name if case else None),
                unused=dict(left.unused),
                synced=tuple(synced),
            )
    reached = dict.fromkeys(one.name for one in environments)
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(reached),
        unreached=tuple(name for name in own if name not in reached),
        manifests=look.manifests,
        findings=tuple(findings),
        accepted=judged.accepted,
        shard=shard,
    )


def _untold(_line: str) -> None:
    """Leave a line to whoever merges."""


def _unowned(
    place: Bench, books: Sequence[Book], environments: Iterable[Environment]
) -> Iterator[Danger]:
    for one in environments:
        if one.gates.approvals:
            yield from unowned(place, one, place.fleet.closure(one), books)


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
