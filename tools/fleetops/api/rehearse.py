"""Rehearse a promotion: the environment as it is, then as it would be, on a real Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.bench import bench
from fleetops.api.examine import unexcused
from fleetops.api.manifest_files import prerequisites
from fleetops.api.plan import make_plans
from fleetops.api.play import Act, Script, play
from fleetops.api.results.rehearsal import ObjectOutcome, Rehearsal
from fleetops.api.source import Source
from fleetops.api.stand import Where, stand
from fleetops.api.states import WORK_TREE
from fleetops.catalogue import running_release
from fleetops.change import prove
from fleetops.files import Repository
from fleetops.git import export, open_git

if TYPE_CHECKING:
    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment, Release

_MARGIN = 300.0
"""Seconds that a rehearsal may take beside its two rollouts."""


class Request(Struct, frozen=True):
    """A rehearsal that is asked for."""

    release: Release
    environment: Environment
    start: str | None = None
    """The revision that it begins with, None for the work tree."""
    where: Where = Where()
    timeout: float = 120.0
    """The seconds that each of the two rollouts may take."""


class _Rehearsed(Struct, frozen=True):
    """What is known before anything is applied."""

    script: Script
    start: str
    before: str | None


def rehearse(fleet: Fleet, request: Request, narrate: Narrate) -> Rehearsal:
    """Apply an environment as it is and then as the promotion would make it, for real.

    Nothing of the repository is written. Raises RefusedError where the promotion is not a proven
    one, InputError for files that cannot be used, UsageError for a revision or cluster that does
    not exist, and ProgramError where a program or the cluster is not to be had or ends.
    """
    where = replace(
        request.where,
        allowed=fleet.config.throwaway_contexts,
        timeout=2 * request.timeout + _MARGIN,
    )
    with bench(fleet, narrate) as place:
        planned = _plan(place, request)
        with stand(fleet.repository.root, where, narrate) as found:
            seen = play(found.stand, planned.script, narrate)
            findings = tuple(unexcused(fleet, seen.findings))
            version = (found.stand.client.get("/version") or {})["gitVersion"]
    return Rehearsal(
        ok=not any(one.severity == "error" for one in findings),
        release=request.release.name,
        environment=request.environment.name,
        start=planned.start,
        before=planned.before,
        kubernetes=version,
        objects=tuple(
            ObjectOutcome(
                resource=str(one.manifest.reference), outcome=one.verb, message=one.message
            )
            for one in seen.outcomes
        ),
        pods=seen.pods,
        services=seen.services,
        claims=seen.claims,
        stood_in=tuple(sorted(seen.drivers)),
        findings=findings,
        kubeconfig=str(found.kubeconfig) if where.keep else None,
        seconds=round(seen.seconds, 3),
    )


def _plan(bench: Bench, request: Request) -> _Rehearsed:
    """Render both states, and prove that the promotion changes nothing but its images."""
    fleet, environment = bench.fleet, request.environment
    (plan,) = make_plans(bench, request.release, [environment])
    overlays = list(plan.overlays)
    start = WORK_TREE
    if request.start is not None:
        git = open_git(fleet.repository.root)
        start = git.commit(request.start)
        folder = bench.folder("start")
        export(git, start, folder)
        earlier = Repository.at(folder)
        overlays.insert(0, (earlier, fleet.closure_in(earlier, environment)))
    with bench.kustomize.start(overlays) as rendering:
        renders = rendering.renders()
    unedited, before, after = renders[-len(plan.overlays)], renders[0], renders[-1]
    prove(unedited.manifests, after.manifests, plan.wanted, plan.place)
    scene = bench.scene(environment, before, overlays[0][0])
    running = running_release(scene.versions, fleet.releases)
    script = Script(
        environment.name,
        prerequisites(fleet.repository, environment),
        Act(before.manifests, Source(before, overlays[0][0])),
        Act(after.manifests, Source(after, plan.repository)),
        request.timeout,
    )
    return _Rehearsed(script, start, running.name if running else None)
