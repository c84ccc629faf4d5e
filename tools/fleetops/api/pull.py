"""A promotion as pull requests: one for each environment, and never two for one."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.again import again, pushed
from fleetops.api.committed import bench_at, propose_at, said_of
from fleetops.api.deliver import commit
from fleetops.api.diff import Request as Comparing
from fleetops.api.diff import compare
from fleetops.api.promote import promotion
from fleetops.api.propose import propose
from fleetops.api.results.promotion import Delivery, Promotion, PullRequest
from fleetops.forge import Draft, find_forge
from fleetops.git.branch import require_ours
from fleetops.git.remote import find_remote

if TYPE_CHECKING:
    from typing import Literal

    from fleetops.api.bench import Bench
    from fleetops.api.deliver import Requested
    from fleetops.api.propose import Proposal, Wish
    from fleetops.forge import Forge
    from fleetops.git import Git
    from fleetops.git.remote import Remote


class _Job(Struct, frozen=True):
    """What pull requests are to be merged into, and how they are opened."""

    bench: Bench
    git: Git
    way: Requested
    remote: Remote
    branch: str


class _Plan(Struct, frozen=True):
    """A promotion in one environment, proven on the commit that it follows."""

    tip: str
    proposal: Proposal


def request_pull(bench: Bench, git: Git, wish: Wish, way: Requested) -> Promotion:
    """Open or update a pull request for each environment that changes.

    Every one is proven before the first is opened. Raises what `propose` raises, UsageError where
    the forge or its token is not known, and RefusedError or ProgramError where it refuses or does
    not answer, or others were quicker ten times.
    """
    remote = find_remote(git, way.remote)
    job = _Job(bench, git, way, remote, remote.branch())
    tip = remote.require_tip(job.branch)
    place = bench_at(bench, git, tip)
    forge = find_forge(remote.name, remote.url(), way.kind or place.fleet.config.forge)
    alone = [replace(wish, environments=(one,)) for one in wish.environments]
    with said_of(tip):
        plans = [_Plan(tip, propose(place, one)) for one in alone]
    results = [_request(job, forge, one, plan) for one, plan in zip(alone, plans, strict=True)]
    return Promotion(
        release=wish.release,
        rollback=wish.rollback,
        environments=tuple(environment for one in results for environment in one.environments),
        findings=tuple(finding for one in results for finding in one.findings),
        accepted=tuple(accepted for one in results for accepted in one.accepted),
        deliveries=tuple(delivery for one in results for delivery in one.deliveries),
    )


def _request(job: _Job, forge: Forge, wish: Wish, first: _Plan) -> Promotion:
    """Bring an environment's branch and its pull request to a promotion, planned anew if needed."""
    (environment,) = wish.environments
    name = f"promote/{environment}"
    plans = chain([first], (_planned_anew(job, wish) for _ in count()))

    def attempt() -> Promotion | None:
        plan = next(plans)
        if not plan.proposal.edits:
            return promotion(plan.proposal, written=False)
        delivery = _pushed(job, plan, name)
        if delivery is None:
            return None
        request = _published(job, forge, plan, delivery)
        # What it says is of this commit, so that somebody quicker has to be told of anew.
        if job.remote.tip(name) != delivery.commit:
            return None
        return _delivered(plan, replace(delivery, pull_request=request))

    return again(attempt, f"{name} of {job.remote.name}", job.bench.narrate)


def _planned_anew(job: _Job, wish: Wish) -> _Plan:
    tip = job.remote.require_tip(job.branch)
    return _Plan(tip, propose_at(job.bench, job.git, tip, wish))


def _pushed(job: _Job, plan: _Plan, name: str) -> Delivery | None:
    """Bring a branch to the promotion's one commit; None where somebody else was quicker."""
    made = commit(job.bench, job.git, plan.tip, plan.proposal)
    there = job.remote.tip(name)
    if there is not None:
        require_ours(job.git, name, there, plan.tip)
    delivery = Delivery(commit=made.commit, branch=name, remote=job.remote.name)
    if there is not None and job.git.is_alike(there, made.commit):
        return replace(delivery, commit=there)
    return delivery if pushed(job.remote, made.commit, name, there) else None


def _published(job: _Job, forge: Forge, plan: _Plan, delivery: Delivery) -> PullRequest:
    comparing = Comparing(start=plan.tip, end=delivery.commit)
    seen = compare(job.bench.fleet, comparing, job.bench.narrate)
    result = _delivered(plan, delivery)
    title, body = job.way.title(result), job.way.body(result, seen)
    opened = forge.publish(Draft(delivery.branch or "", job.branch, title, body))
    outcome: Literal["opened", "updated"] = "opened" if opened.new else "updated"
    return PullRequest(url=opened.url, number=opened.number, outcome=outcome)


def _delivered(plan: _Plan, delivery: Delivery) -> Promotion:
    return replace(promotion(plan.proposal, written=True), deliveries=(delivery,))
