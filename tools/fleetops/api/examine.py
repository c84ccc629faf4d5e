"""Everything that is said of renders: schemas, checks, and what fleetops.yaml excuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.results import Finding
from fleetops.catalogue import CONFIG
from fleetops.checks import CHECKS, ON_CLUSTER, SCHEMA, UNKNOWN_KIND, UNUSED_EXCEPTION, Problem
from fleetops.kustomization import Tracer
from fleetops.schema import Conformance, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fleetops.api.fleet import Bench, Fleet
    from fleetops.catalogue import Environment, Excuse
    from fleetops.checks import Check
    from fleetops.files import Repository
    from fleetops.render import Render


class Exhibit(Struct, frozen=True):
    """An environment's render, and the files that it is of."""

    environment: Environment
    repository: Repository
    """The work tree, or a scratch copy of it."""
    render: Render


def examine(bench: Bench, exhibits: Sequence[Exhibit]) -> tuple[Finding, ...]:
    """Give the findings of every check, by environment and then by file and line."""
    said: list[list[tuple[Check, Problem]]] = [[] for _ in exhibits]
    with _conformance(bench, exhibits) as conformance:
        for index, exhibit in enumerate(exhibits):
            scene = bench.scene(exhibit.environment, exhibit.render, exhibit.repository)
            said[index] += [(check, problem) for check in CHECKS for problem in check.run(scene)]
        for misfit in conformance.misfits():
            reference = exhibits[misfit.subject].render.manifests[misfit.position].reference
            check = SCHEMA if misfit.known else UNKNOWN_KIND
            problem = Problem(misfit.message, reference, misfit.path)
            said[misfit.subject].append((check, problem))
    findings: list[Finding] = []
    used: set[Excuse] = set()
    for exhibit, pairs in zip(exhibits, said, strict=True):
        kept = list(_kept(bench.fleet, exhibit.environment, pairs, used))
        findings += sorted(_findings(exhibit, kept), key=_order)
    names = {exhibit.environment.name for exhibit in exhibits}
    return (*findings, *_unused(bench.fleet, names, used))


def _conformance(bench: Bench, exhibits: Sequence[Exhibit]) -> Conformance:
    subjects = [
        Subject(
            exhibit.environment.name,
            exhibit.environment.kubernetes,
            exhibit.render.text,
            exhibit.render.manifests,
        )
        for exhibit in exhibits
    ]
    folders = bench.fleet.schema_folders
    return Conformance(subjects, bench.kubeconform, bench.folder("schemas"), folders)


def _kept(
    fleet: Fleet,
    environment: Environment,
    pairs: Sequence[tuple[Check, Problem]],
    used: set[Excuse],
) -> Iterator[tuple[Check, Problem]]:
    """Leave out what is excused, and note by which exception."""
    for check, problem in pairs:
        excuses = [
            excuse
            for excuse in fleet.config.exceptions
            if problem.resource is not None
            and excuse.covers(check.id, problem.resource.short, environment.name)
        ]
        used.update(excuses)
        if not excuses:
            yield check, problem


def unexcused(fleet: Fleet, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what is excused of findings that were made elsewhere."""
    for one in findings:
        kind, _, named = (one.resource or "").partition("/")
        short = f"{kind}/{named.rpartition('/')[2]}"
        excuses = fleet.config.exceptions
        if not any(excuse.covers(one.check, short, one.environment) for excuse in excuses):
            yield one


def _findings(exhibit: Exhibit, pairs: Sequence[tuple[Check, Problem]]) -> Iterator[Finding]:
    tracer = Tracer(exhibit.repository, exhibit.render.closure)
    manifests = {one.reference: one for one in exhibit.render.manifests}
    for check, problem in pairs:
        file, line = problem.source or (None, None)
        if file is None and problem.resource in manifests:
            place = tracer.trace(manifests[problem.resource], problem.path)
            file, line = (place.path, place.line) if place else (None, None)
        yield Finding(
            check=check.id,
            severity=check.severity.value,
            environment=exhibit.environment.name,
            message=problem.message,
            resource=str(problem.resource) if problem.resource else None,
            path=".".join(map(str, problem.path)),
            file=file,
            line=line,
        )


def _order(finding: Finding) -> tuple[str, int, str, str, str]:
    return (
        finding.file or "",
        finding.line or 0,
        finding.resource or "",
        finding.path,
        finding.message,
    )


def _unused(fleet: Fleet, names: set[str], used: set[Excuse]) -> Iterator[Finding]:
    """Tell of exceptions that excused nothing, where every environment of theirs was looked at."""
    everywhere = [environment.name for environment in fleet.config.environments]
    for excuse in fleet.config.exceptions:
        where = excuse.environments or everywhere
        if excuse not in used and names.issuperset(where) and excuse.check not in ON_CLUSTER:
            yield Finding(
                check=UNUSED_EXCEPTION.id,
                severity=UNUSED_EXCEPTION.severity.value,
                environment=where[0],
                message=f"{excuse.resource} has no finding of {excuse.check} to excuse",
                resource=None,
                file=CONFIG,
            )
