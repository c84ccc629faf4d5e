"""Everything that is said of renders: schemas, checks, and what fleetops.yaml excuses."""

from __future__ import annotations

from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from fleetops import goyaml
from fleetops.api.customs import Customs
from fleetops.api.results.findings import Finding
from fleetops.catalogue import CONFIG
from fleetops.checks import CHECKS, ON_CLUSTER, SCHEMA, UNKNOWN_KIND, UNUSED_EXCEPTION, Problem
from fleetops.kustomization import Tracer
from fleetops.schema import Conformance
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.catalogue import Environment, Excuse
    from fleetops.checks import Check
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.manifests import Manifest
    from fleetops.render import Render

_HELD: Final = 8
"""Environments that wait to be looked at: of a small fleet all, while kubeconform is at work."""


class Exhibit(Struct, frozen=True):
    """An environment's render, and the files that it is of."""

    environment: Environment
    repository: Repository
    """The work tree, or a scratch copy of it."""
    render: Render


class Observation(Struct, frozen=True):
    """What every check finds in an environment."""

    environment: Environment
    repository: Repository
    closure: Closure
    manifests: int
    runs: tuple[tuple[str, str], ...]
    """Each image, as the catalogue names it, in each version, sorted."""
    findings: tuple[Finding, ...] = ()
    """By file and line, also those that fleetops.yaml excuses."""

    def with_more(self, findings: Iterable[Finding]) -> Observation:
        """Add findings."""
        return replace(self, findings=tuple(sorted((*self.findings, *findings), key=_order)))


class Excused(Struct, frozen=True):
    """What is left of findings where fleetops.yaml has excused some."""

    kept: tuple[Finding, ...]
    unused: Mapping[int, Finding]
    """What is said of exceptions that excuse nothing, by their position."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give both."""
        return (*self.kept, *self.unused.values())


def examine(bench: Bench, exhibits: Sequence[Exhibit]) -> tuple[Finding, ...]:
    """Give the findings of every check that nothing excuses, by environment and file and line."""
    told = bench.progress.counted("checking", exhibits, len(exhibits))
    found = {one.environment.name: one.findings for one in observe(bench, told)}
    return excused(bench.fleet, found).findings


def observe(bench: Bench, exhibits: Iterable[Exhibit]) -> list[Observation]:
    """Look at environments; the exhibits are taken one by one, and only the last few are held."""
    progress = bench.progress
    conformance = Conformance(bench.kubeconform, bench.folder("schemas"), progress.wait)
    customs = Customs(bench)
    seen: list[Observation] = []
    waiting: deque[Exhibit] = deque()
    for exhibit in exhibits:
        environment, render = exhibit.environment, exhibit.render
        folders = customs.folders(environment, render.manifests)
        conformance.add(environment.kubernetes, render.text, render.manifests, folders)
        waiting.append(exhibit)
        if len(waiting) > _HELD:
            seen.append(_look(bench, waiting.popleft()))
    with conformance:
        seen += [_look(bench, exhibit) for exhibit in waiting]
        manifests = sum(one.manifests for one in seen)
        progress.begin(f"checking {count(manifests, 'manifest')} by their schemas")
        misfits = conformance.misfits()
    for subject, ones in groupby(misfits, lambda one: one.subject):
        read = conformance.manifests(subject)
        problems = [
            (
                SCHEMA if one.known else UNKNOWN_KIND,
                Problem(one.message, read[one.position].reference, one.path),
            )
            for one in ones
        ]
        found = _findings(seen[subject], read, problems)
        seen[subject] = seen[subject].with_more(found)
    return seen


def _look(bench: Bench, exhibit: Exhibit) -> Observation:
    environment, repository, render = exhibit.environment, exhibit.repository, exhibit.render
    scene = bench.scene(environment, render, repository)
    count = len(render.manifests)
    seen = Observation(environment, repository, render.closure, count, scene.runs)
    problems = [(check, problem) for check in CHECKS for problem in check.run(scene)]
    return seen.with_more(_findings(seen, render.manifests, problems))


def excused(
    fleet: Fleet, found: Mapping[str, Iterable[Finding]], elsewhere: Iterable[str] = ()
) -> Excused:
    """Leave out what is excused, and tell of exceptions that excuse nothing.

    `found` is all that was found, by environment; the environments `elsewhere` are looked at by
    somebody else, and taken to need no exception.
    """
    used: set[Excuse] = set()
    kept = tuple(one for findings in found.values() for one in _kept(fleet, findings, used))
    return Excused(kept, dict(_unused(fleet, {*found, *elsewhere}, used)))


def unexcused(fleet: Fleet, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what is excused of findings that were made elsewhere."""
    return _kept(fleet, findings, set())


def _kept(fleet: Fleet, findings: Iterable[Finding], used: set[Excuse]) -> Iterator[Finding]:
    """Leave out what is excused, and note by which exception."""
    for one in findings:
        kind, _, named = (one.resource or "").partition("/")
        short = f"{kind}/{named.rpartition('/')[2]}"
        excuses = [
            excuse
            for excuse in fleet.config.exceptions
            if excuse.covers(one.check, short, one.environment)
        ]
        used.update(excuses)
        if not excuses:
            yield one


def _findings(
    seen: Observation, manifests: Sequence[Manifest], problems: Sequence[tuple[Check, Problem]]
) -> Iterator[Finding]:
    tracer = Tracer(seen.repository, seen.closure)
    known = {one.reference: one for one in manifests}
    for check, problem in problems:
        file, line = problem.source or (None, None)
        if file is None and problem.resource in known:
            place = tracer.trace(known[problem.resource], problem.path)
            file, line = (place.path, place.line) if place else (None, None)
        yield Finding(
            check=check.id,
            severity=check.severity.value,
            environment=seen.environment.name,
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


def _unused(fleet: Fleet, names: set[str], used: set[Excuse]) -> Iterator[tuple[int, Finding]]:
    """Tell of exceptions that excused nothing, where every environment of theirs was looked at."""
    everywhere = [environment.name for environment in fleet.config.environments]
    for position, excuse in enumerate(fleet.config.exceptions):
        where = excuse.environments or everywhere
        if excuse not in used and names.issuperset(where) and excuse.check not in ON_CLUSTER:
            yield (
                position,
                Finding(
                    check=UNUSED_EXCEPTION.id,
                    severity=UNUSED_EXCEPTION.severity.value,
                    environment=where[0],
                    message=f"{excuse.resource} has no finding of {excuse.check} to excuse",
                    resource=None,
                    file=CONFIG,
                    line=_line_of(fleet, excuse),
                ),
            )


def _line_of(fleet: Fleet, excuse: Excuse) -> int | None:
    """Find the line of an exception, which may also be one that a change has taken away."""
    document, *_ = goyaml.read(fleet.repository.read_text(CONFIG), CONFIG, marks=True)
    for index, entry in enumerate(document.value.get("exceptions", ())):
        where = tuple(entry.get("environments", ()))
        said = (entry["check"], entry["resource"], where)
        if said == (excuse.check, excuse.resource, excuse.environments):
            return document.line_of(("exceptions", index))
    return None
