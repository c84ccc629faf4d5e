"""Promote a release: plan, render, prove, check, and only then write."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.fleet import bench
from fleetops.api.plan import make_plan
from fleetops.api.results import Change, Promotion
from fleetops.catalogue import running_release
from fleetops.change import prove
from fleetops.errors import Place, RefusedError
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fleetops.api.fleet import Bench, Fleet
    from fleetops.api.plan import Plan
    from fleetops.api.results import Danger, Finding
    from fleetops.catalogue import Environment, Release
    from fleetops.change import ImageChange
    from fleetops.kustomization import Closure
    from fleetops.render import Render


class ChecksFailedError(RefusedError):
    """A gate keeps the release out, or the environment would not pass the validation with it."""

    def __init__(self, findings: tuple[Finding, ...], message: str, place: Place) -> None:
        super().__init__(
            message,
            place=place,
            hint="nothing was written; `fleetops explain ID` tells more of a check or danger, and a"
            ' danger that is meant is accepted with --accept ID --because "…"',
        )
        self.findings = findings


class Request(Struct, frozen=True):
    """A promotion that is asked for."""

    release: Release
    environment: Environment
    dry_run: bool = False
    """Write nothing."""
    force_order: bool = False
    """Even if the environment before does not run the release."""
    accepted: Mapping[str, str] = {}
    """The danger rules that are accepted, and why."""
    rollback: bool = False
    """It goes back: the environment before is not asked, nor for how long it has run there."""


def promote(fleet: Fleet, request: Request, narrate: Callable[[str], None]) -> Promotion:
    """Make an environment run a release; nothing is written unless every proof and check passes.

    Raises RefusedError where one does not, InputError for files that cannot be used and
    ProgramError where a program cannot be had.
    """
    lock = contextlib.nullcontext() if request.dry_run else fleet.repository.locked()
    with lock, bench(fleet, narrate) as place:
        return _promote(place, request)


def _promote(bench: Bench, request: Request) -> Promotion:
    fleet, release, environment = bench.fleet, request.release, request.environment
    plan = make_plan(bench, release, environment)
    path = plan.path
    forced = request.force_order or request.rollback
    previous = None if forced else fleet.config.before(environment)
    with bench.kustomize.start(plan.overlays) as rendering:
        # The checks are imported while kustomize works.
        from fleetops.api.acceptance import foretold, weigh
        from fleetops.api.examine import Exhibit, examine

        renders = rendering.renders()
    before, after = renders[0], renders[-1]
    changes = prove(before.manifests, after.manifests, plan.wanted, Place(path))
    running = running_release(bench.scene(environment, before).versions, fleet.releases)
    if plan.new == plan.old:
        return Promotion(
            release=release.name,
            environment=environment.name,
            before=running.name if running else None,
            file=path,
            outcome="unchanged",
        )
    earlier = [previous] if previous else []
    closures = [(fleet.repository, fleet.closure(one)) for one in earlier]
    with bench.kustomize.start(closures) as rendering:
        findings = examine(bench, [Exhibit(environment, plan.repository, after)])
        gates = tuple(_gates(bench, request, after.closure))
        said = (*gates, *foretold(fleet, environment, (before, after), plan.repository))
        judged = weigh(said, request.accepted)
        findings += judged.findings
        for one, render in zip(earlier, rendering.renders(), strict=True):
            _require(bench, one, render, release)
    if errors := [finding for finding in findings if finding.severity == "error"]:
        message = f"with {release.name} the environment has {count(len(errors), 'error')}"
        if {finding.check for finding in errors} <= {gate.rule for gate in gates}:
            message = f"the gates of {environment.name} keep {release.name} out"
        raise ChecksFailedError(findings, message, Place(path))
    if not request.dry_run:
        fleet.repository.replace(path, plan.old.encode(), plan.new.encode())
    return Promotion(
        release=release.name,
        environment=environment.name,
        before=running.name if running else None,
        file=path,
        outcome="planned" if request.dry_run else "promoted",
        changes=tuple(_change(change) for change in changes),
        diff=_diff(plan),
        findings=findings,
        accepted=judged.accepted,
    )


def _gates(bench: Bench, request: Request, closure: Closure) -> Iterator[Danger]:
    """Ask the gates of the environment; a rollback asks only whether it is frozen."""
    from fleetops.api import admission

    fleet, environment = bench.fleet, request.environment
    yield from admission.frozen(fleet, environment)
    if not request.rollback:
        previous = fleet.config.before(environment)
        arrival = admission.Arrival(environment, previous, request.release)
        yield from admission.too_young(bench, arrival)
        yield from admission.unowned(fleet, environment, closure)


def _change(change: ImageChange) -> Change:
    return Change(
        service=change.service,
        resource=str(change.resource),
        container=change.container,
        before=change.before,
        after=change.after,
    )


def _require(bench: Bench, previous: Environment, render: Render, release: Release) -> None:
    """Refuse a release that the environment before does not run."""
    scene = bench.scene(previous, render)
    running = running_release(scene.versions, bench.fleet.releases)
    one = {release.name: release}
    if running_release(scene.versions, one) is None:
        what = running.name if running else "no release as a whole"
        raise RefusedError(
            f"{previous.name} runs {what}, and {release.name} has to run there first",
            place=Place(render.closure.top.path),
            hint=f"fleetops promote {release.name} --env {previous.name}, or --force-order here",
        )


def _diff(plan: Plan) -> str:
    import difflib

    before, after = plan.old.splitlines(keepends=True), plan.new.splitlines(keepends=True)
    # The lines around may hold a secret.
    lines = difflib.unified_diff(before, after, f"a/{plan.path}", f"b/{plan.path}", n=0)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
