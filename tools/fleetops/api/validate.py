"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.acceptance import weigh
from fleetops.api.admission import unowned
from fleetops.api.examine import Exhibit, excused, unexcused
from fleetops.api.fleet import bench
from fleetops.api.look import look_at
from fleetops.api.results import Validation
from fleetops.checks import SAFEGUARD_LOOSENED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fleetops.api.case import Case
    from fleetops.api.fleet import Bench, Fleet
    from fleetops.api.results import Finding
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
    environments = tuple(fleet.config.environment(name) for name in dict.fromkeys(names))
    environments = environments or fleet.config.environments
    asked = [one.name for one in environments]
    with bench(fleet, narrate) as place:
        case = _case(place, since, environments, named=bool(names)) if since else None
        if case:
            place, environments = case.bench, case.environments  # noqa: PLW2901
        needed = case.gate.renders if case else set()
        if where:
            needed = {one.name for one in environments}
        look = look_at(place, environments, needed, case.reach if case else None)
        environments = tuple(one for one in environments if one.name not in look.spared)
        said = list(case.dangers(look.renders)) if case else []
        for one in environments:
            if one.gates.approvals and one.name in look.found:
                closure = place.fleet.closure(one)
                said += unowned(place, one, closure, case.former.books if case else ())
        judged = weigh(said, since.accepted if since else {}, narrate)
        findings = [*look.broken, *excused(place.fleet, look.found), *judged.findings]
        if look.renders and where is not None:
            exhibits = [
                Exhibit(one, fleet.repository, look.renders[one.name])
                for one in environments
                if one.name in look.renders
            ]
            findings += unexcused(place.fleet, _tried(place.fleet, exhibits, where, narrate))
    reached = dict.fromkeys(one.name for one in environments)
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(reached),
        unreached=tuple(name for name in asked if name not in reached),
        manifests=look.manifests,
        findings=tuple(findings),
        accepted=judged.accepted,
    )


def _case(place: Bench, since: Since, environments: Sequence[Environment], *, named: bool) -> Case:
    from fleetops.api.case import open_case

    accepted = SAFEGUARD_LOOSENED.id in since.accepted
    return open_case(place, since.revision, environments, named=named, accepted=accepted)


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
