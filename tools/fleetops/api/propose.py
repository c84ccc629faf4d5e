"""A promotion that is planned, rendered, proven and checked: all but written."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.order import asked_before
from fleetops.api.plan import make_plans
from fleetops.api.results.promotion import Change, EnvironmentPromotion
from fleetops.catalogue import running_release, versions_of
from fleetops.change import prove
from fleetops.edits import Edit
from fleetops.errors import Place, RefusedError
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.order import Versions
    from fleetops.api.plan import Plan
    from fleetops.api.recall import Recall
    from fleetops.api.results.findings import Acceptance, Danger, Finding
    from fleetops.catalogue import Environment, Release
    from fleetops.change import ImageChange
    from fleetops.kustomization import Closure
    from fleetops.render import Render


class ChecksFailedError(RefusedError):
    """A gate keeps the release out, or an environment would not pass the validation with it."""

    def __init__(self, findings: tuple[Finding, ...], message: str, place: Place) -> None:
        super().__init__(
            message,
            place=place,
            hint="nothing was written; `fleetops explain ID` tells more of a check or danger, and a"
            ' danger that is meant is accepted with --accept ID --because "…"',
        )
        self.findings = findings


class Wish(Struct, frozen=True):
    """What is asked for, by its names."""

    release: str
    environments: tuple[str, ...]
    force_order: bool = False
    """Even if the environment before does not run the release."""
    accepted: Mapping[str, str] = {}
    """The danger rules that are accepted, and why."""
    rollback: bool = False
    """It goes back: the environment before is not asked, nor for how long it has run there."""


class Proposal(Struct, frozen=True):
    """A promotion that nothing speaks against."""

    release: Release
    promotions: tuple[EnvironmentPromotion, ...]
    """In the order of the environments; each is `planned` or `unchanged`."""
    edits: tuple[Edit, ...]
    """Of each file once; none where nothing changes."""
    findings: tuple[Finding, ...] = ()
    """Warnings."""
    accepted: tuple[Acceptance, ...] = ()
    """The dangers that would have refused it."""
    rollback: bool = False


def propose(bench: Bench, wish: Wish) -> Proposal:
    """Plan a promotion in the bench's fleet and prove it; nothing is written.

    Raises UsageError for names that there are not, RefusedError where a proof or check fails,
    InputError for files that cannot be used and ProgramError where a program cannot be had.
    """
    fleet = bench.fleet
    release = fleet.release(wish.release)
    named = [fleet.config.environment(name) for name in wish.environments]
    plans = make_plans(bench, release, [one for one in fleet.config.environments if one in named])
    counted = bench.progress.counted
    overlays = [one for plan in plans for one in plan.overlays]
    with bench.kustomize.start(overlays) as rendering:
        # The checks are imported while kustomize works.
        from fleetops.api.acceptance import foretold, weigh
        from fleetops.api.examine import Exhibit, examine

        many = len(overlays)
        told = rendering.renders(lambda each: counted("rendering", each, many, thing="overlay"))
        renders = iter(told)
    pairs = [_pair(plan, renders) for plan in plans]
    both = list(zip(plans, pairs, strict=True))
    proving = counted("proving", both, len(both))
    promotions = tuple(_proven(bench, plan, *pair) for plan, pair in proving)
    after = {plan.environment: pair[1] for plan, pair in both}
    changed = [plan for plan in plans if plan.changes]
    if not changed:
        return Proposal(release, promotions, (), rollback=wish.rollback)
    ordered = [] if wish.force_order or wish.rollback else changed
    elsewhere = [one for one in _earlier(bench, ordered) if one not in after]
    closures = [(fleet.repository, fleet.closure(one)) for one in elsewhere]
    with bench.kustomize.start(closures) as rendering:
        exhibits = [
            Exhibit(plan.environment, plan.repository, after[plan.environment]) for plan in changed
        ]
        findings = examine(bench, exhibits)
        gates: list[Danger] = []
        dangers: list[Danger] = []
        for plan, pair in counted("comparing", both, len(both)):
            if plan.changes:
                gates += _gates(bench, wish, release, plan.environment, pair[1].closure)
                dangers += foretold(fleet, plan.environment, pair, plan.repository)
        judged = weigh((*gates, *dangers), wish.accepted, bench.narrate)
        findings += judged.findings
        after |= dict(zip(elsewhere, rendering.renders(), strict=True))
    versions = _running(bench, after)
    for plan in ordered:
        _require_order(bench, plan.environment, release, versions)
    for plan in changed:
        name = plan.environment.name
        errors = [one for one in findings if (one.environment, one.severity) == (name, "error")]
        if errors:
            message = f"with {release.name} the environment has {count(len(errors), 'error')}"
            if {finding.check for finding in errors} <= {gate.rule for gate in gates}:
                message = f"the gates of {name} keep {release.name} out"
            raise ChecksFailedError(findings, message, Place(plan.path))
    edits = {
        plan.path: Edit(plan.path, plan.old.encode(), plan.new.encode())
        for plan in changed
        if plan.new != plan.old
    }
    written = tuple(edits.values())
    return Proposal(release, promotions, written, findings, judged.accepted, wish.rollback)


def _gates(
    bench: Bench, wish: Wish, release: Release, environment: Environment, closure: Closure
) -> Iterator[Danger]:
    """Ask the gates of the environment; a rollback asks only whether it is frozen."""
    from fleetops.api import admission

    yield from admission.frozen(bench.fleet, environment)
    if not wish.rollback:
        previous = bench.fleet.config.before(environment)
        arrival = admission.Arrival(environment, previous, release, bench.revision)
        yield from admission.too_young(bench, arrival)
        yield from admission.unowned(bench, environment, closure)


def _pair(plan: Plan, renders: Iterator[Render]) -> tuple[Render, Render]:
    """Take the plan's own of the renders, before and after."""
    own = [next(renders) for _ in plan.overlays]
    return own[0], own[-1]


def _proven(bench: Bench, plan: Plan, before: Render, after: Render) -> EnvironmentPromotion:
    changes = prove(before.manifests, after.manifests, plan.wanted, plan.place)
    versions = bench.scene(plan.environment, before).versions
    running = running_release(versions, bench.fleet.releases)
    return EnvironmentPromotion(
        environment=plan.environment.name,
        before=running.name if running else None,
        file=plan.path,
        outcome="planned" if plan.changes else "unchanged",
        changes=tuple(_change(change) for change in changes),
        diff=_diff(plan),
    )


def _change(change: ImageChange) -> Change:
    return Change(
        service=change.service,
        resource=str(change.resource),
        container=change.container,
        before=change.before,
        after=change.after,
    )


def _earlier(bench: Bench, plans: Sequence[Plan]) -> list[Environment]:
    """List the environments that a release passes through right before those of the plans."""
    found = (bench.fleet.config.before(plan.environment) for plan in plans)
    return [one for one in found if one is not None]


def _running(
    bench: Bench, renders: Mapping[Environment, Render]
) -> Callable[[Environment], Versions]:
    """Give what tells what environments run: by these renders, or as a validation found it.

    What nobody knows is rendered.
    """

    @cache
    def recall() -> Recall:
        from fleetops.api.recall import Recall

        return Recall(bench)

    @cache
    def versions(one: Environment) -> Versions:
        render = renders.get(one)
        if render is None and (opinion := recall().find(one)):
            return versions_of(opinion.runs)
        if render is None:
            overlay = (bench.fleet.repository, bench.fleet.closure(one))
            with bench.kustomize.start([overlay]) as rendering:
                (render,) = rendering.renders()
        return bench.scene(one, render).versions

    return versions


def _require_order(
    bench: Bench,
    environment: Environment,
    release: Release,
    versions: Callable[[Environment], Versions],
) -> None:
    """Refuse a release that the environment before does not run, nor would with this change."""
    asked = asked_before(bench.fleet.config, environment, release, versions)
    if asked and running_release(asked.versions, {release.name: asked.release}) is None:
        running = running_release(asked.versions, bench.fleet.releases)
        what = running.name if running else "no release as a whole"
        name = asked.environment.name
        raise RefusedError(
            f"{name} runs {what}, and {release.name} has to run there first",
            place=Place(bench.fleet.closure(asked.environment).top.path),
            hint=f"fleetops promote {release.name} --env {name}, or --force-order here",
        )


def _diff(plan: Plan) -> str:
    import difflib

    before, after = plan.old.splitlines(keepends=True), plan.new.splitlines(keepends=True)
    # The lines around may hold a secret.
    lines = difflib.unified_diff(before, after, f"a/{plan.path}", f"b/{plan.path}", n=0)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
