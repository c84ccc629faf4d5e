"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.acceptance import weigh
from fleetops.api.admission import unowned
from fleetops.api.examine import Exhibit, examine, unexcused
from fleetops.api.fleet import bench
from fleetops.api.results import Finding, Validation
from fleetops.checks import SAFEGUARD_LOOSENED, UNRENDERABLE
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fleetops.api.fleet import Fleet
    from fleetops.api.results import Danger
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
    findings: list[Finding] = []
    said: list[Danger] = []
    exhibits = []
    with bench(fleet, narrate) as place:
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
        for environment, outcome in zip(environments, place.survey(environments), strict=True):
            if isinstance(outcome, InputError):
                findings.append(_unrenderable(environment, outcome))
            else:
                exhibits.append(Exhibit(environment, fleet.repository, outcome))
        gate = None
        if before is not None:
            from fleetops.api.gate import Gate

            gate = Gate(place, before.state, exhibits, whole=not names)
        with place.kustomize.start(gate.overlays if gate else []) as rendering:
            if exhibits:
                findings += examine(place, exhibits)
            outcomes = rendering.outcomes()
        if gate:
            said += gate.dangers(outcomes)
        for one in exhibits:
            books = before.books if before else ()
            said += unowned(place, one.environment, one.render.closure, books)
        judged = weigh(said, since.accepted if since else {})
        findings += judged.findings
        if exhibits and where is not None:
            findings += unexcused(fleet, _tried(fleet, exhibits, where, narrate))
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(environment.name for environment in environments),
        manifests=sum(len(exhibit.render.manifests) for exhibit in exhibits),
        findings=tuple(findings),
        accepted=judged.accepted,
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
