"""A rehearsal as it is played: two renders, one after the other, and what is seen meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from fleetops import checks
from fleetops.api.results.findings import Finding
from fleetops.api.results.rehearsal import ClaimOutcome, ReplacedPods, ServiceOutage
from fleetops.errors import RefusedError
from fleetops.manifests import home
from fleetops.rehearsal import Endpoints, claims, note, pods, prepare, prune, put, settle
from fleetops.rehearsal.words import field_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fleetops.api.source import Source
    from fleetops.checks import Check
    from fleetops.manifests import Manifest, Reference
    from fleetops.rehearsal import ClaimState, Outcome, Settled, Stand


class Act(Struct, frozen=True):
    """One of the two states of an environment."""

    manifests: tuple[Manifest, ...]
    source: Source


class Script(Struct, frozen=True):
    """What is played."""

    environment: str
    prerequisites: Sequence[Manifest]
    before: Act
    after: Act
    timeout: float
    """The seconds that each rollout may take."""


class Seen(Struct, frozen=True):
    """What was seen."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    """Of the second act."""
    pods: tuple[ReplacedPods, ...]
    services: tuple[ServiceOutage, ...]
    claims: tuple[ClaimOutcome, ...]
    drivers: frozenset[str]
    seconds: float


def play(stand: Stand, script: Script, narrate: Callable[[str], None]) -> Seen:
    """Bring both states into a cluster, and give what was seen.

    Raises InputError for a prerequisite that the API server refuses, RefusedError where somebody
    else has one of the objects in the cluster, and ProgramError where the cluster ends.
    """
    before, after = script.before.manifests, script.after.manifests
    there = [
        one
        for one in note(stand, (*script.prerequisites, *before, *after))
        if one.short != "Namespace/default"
    ]
    if there and stand.shared:
        raise RefusedError(
            f"{there[0]} is in the cluster already, and of no rehearsal",
            hint="a rehearsal uses a cluster that has nothing of the environment in it",
        )
    start = time.monotonic()
    stand.begin()
    prepare(stand, script.prerequisites)
    with Endpoints(stand.access) as endpoints:
        stage = _Stage(stand, script, endpoints, narrate)
        narrate(f"{script.environment} as it is: {len(before)} objects")
        first = stage.bring(script.before)
        namespaces = stand.namespaces_of((*before, *after))
        old_claims, old_pods = claims(stand, namespaces), pods(stand, namespaces)
        endpoints.mark()
        narrate(f"{script.environment} as it would be: {len(after)} objects")
        second = stage.bring(script.after, before)
        outages = endpoints.seconds()
    services = {
        (home(one.reference.namespace), one.reference.name)
        for one in after
        if one.reference.kind == "Service"
    }
    found = tuple(_claims(old_claims, claims(stand, namespaces)))
    replaced = tuple(_replaced(old_pods, pods(stand, namespaces)))
    return Seen(
        findings=(
            # What is wrong already is no fault of the promotion's, which may put it right.
            *(
                replace(one, severity="warning", message=f"before the promotion: {one.message}")
                for one in first.findings
                if one.severity == "error" and one not in second.findings
            ),
            *second.findings,
            *stage.lost(found),
        ),
        outcomes=second.outcomes,
        pods=replaced,
        services=tuple(
            ServiceOutage(service=f"{namespace}/{name}", seconds=round(seconds, 3))
            for (namespace, name), seconds in sorted(outages.items())
            if (namespace, name) in services
        ),
        claims=found,
        drivers=first.drivers | second.drivers,
        seconds=time.monotonic() - start,
    )


class _Brought(Struct, frozen=True):
    """What became of a state that was brought into the cluster."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    drivers: frozenset[str]


class _Stage(Struct, frozen=True):
    """Where the acts are played."""

    stand: Stand
    script: Script
    endpoints: Endpoints
    narrate: Callable[[str], None]

    def bring(self, act: Act, old: Sequence[Manifest] = ()) -> _Brought:
        """Apply a state, prune what it no longer has of the old one, and wait for it.

        A controller that cannot apply an object stops there: then nothing is pruned or waited for.
        """
        outcomes = put(self.stand, act.manifests)
        if any(one.verb == "refused" for one in outcomes):
            return _Brought(tuple(outcomes), tuple(self._said(act, outcomes)), frozenset())
        outcomes += prune(self.stand, old, act.manifests)
        settled = settle(
            self.stand, act.manifests, self.endpoints, self.script.timeout, self.narrate
        )
        findings = (*self._said(act, outcomes), *self._late(act, settled))
        return _Brought(tuple(outcomes), findings, settled.drivers)

    def _said(self, act: Act, outcomes: Iterable[Outcome]) -> Iterator[Finding]:
        for one in outcomes:
            if one.verb == "refused":
                path = field_path(one.fields, one.message)
                yield self._finding(checks.API_SERVER, one.message, act, one.manifest, path)
            for warning in one.warnings:
                path = field_path((), warning)
                yield self._finding(checks.API_SERVER_WARNING, warning, act, one.manifest, path)
            if one.verb == "kept" and one.message in {"Argo CD", "Flux"}:
                other = "Flux" if one.message == "Argo CD" else "Argo CD"
                words = f"leaves the render; {other} would prune it"
                yield self._finding(checks.HALF_GUARDED, words, act, one.manifest)

    def _late(self, act: Act, settled: Settled) -> Iterator[Finding]:
        for one in settled.waiting:
            service = one.manifest.reference.kind == "Service"
            check = checks.SERVICE_WITHOUT_ENDPOINTS if service else checks.ROLLOUT
            yield self._finding(check, one.why, act, one.manifest)

    def lost(self, found: Iterable[ClaimOutcome]) -> Iterator[Finding]:
        """Give the findings about claims that did not live through it."""
        act = self.script.after
        named = {
            f"{one.reference.namespace}/{one.reference.name}": one
            for one in act.manifests
            if one.reference.kind == "PersistentVolumeClaim"
        }
        for one in found:
            if one.outcome not in {"same", "new"}:
                words = f"had a volume and is {one.outcome}"
                finding = self._finding(checks.CLAIM_LOST, words, act, named.get(one.claim))
                yield replace(finding, resource=f"PersistentVolumeClaim/{one.claim}")

    def _finding(
        self,
        check: Check,
        message: str,
        act: Act,
        manifest: Manifest | None,
        path: tuple[str | int, ...] = (),
    ) -> Finding:
        place = act.source.find(manifest, path)
        return Finding(
            check=check.id,
            severity=check.severity.value,
            environment=self.script.environment,
            message=message,
            resource=str(manifest.reference) if manifest else None,
            path=".".join(map(str, path)),
            file=place.path,
            line=place.line,
        )


def _claims(
    old: Mapping[Reference, ClaimState], new: Mapping[Reference, ClaimState]
) -> Iterator[ClaimOutcome]:
    for reference in sorted({*old, *new}):
        now = new.get(reference)
        yield ClaimOutcome(
            claim=f"{reference.namespace}/{reference.name}",
            phase=now.phase if now else "",
            volume=now.volume if now else "",
            outcome=_compared(old.get(reference), now),
        )


def _compared(
    old: ClaimState | None, new: ClaimState | None
) -> Literal["same", "new", "lost", "replaced", "unbound"]:
    if old is None:
        return "new"
    if new is None:
        return "lost"
    if old.phase != "Bound":
        return "same"
    if (old.uid, old.volume, old.volume_uid) != (new.uid, new.volume, new.volume_uid):
        return "replaced"
    return "same" if new.phase == "Bound" else "unbound"


def _replaced(old: Mapping[str, Reference], new: Mapping[str, Reference]) -> Iterator[ReplacedPods]:
    """Count the pods that went, by workload."""
    gone = [workload for uid, workload in old.items() if uid not in new]
    for workload in sorted(set(gone)):
        yield ReplacedPods(resource=str(workload), pods=gone.count(workload))
