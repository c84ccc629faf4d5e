"""A promotion as pull requests: one for each environment, and never two for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.committed import bench_at, said_of
from fleetops.api.deliver import commit
from fleetops.api.diff import Request as Comparing
from fleetops.api.diff import compare
from fleetops.api.promote import promotion
from fleetops.api.propose import propose
from fleetops.api.results import Delivery, Promotion, PullRequest
from fleetops.errors import RefusedError
from fleetops.forge import Draft, find_forge
from fleetops.git.branch import require_ours
from fleetops.git.remote import find_remote

if TYPE_CHECKING:
    from fleetops.api.deliver import Requested
    from fleetops.api.fleet import Bench
    from fleetops.api.propose import Proposal, Wish
    from fleetops.git import Git
    from fleetops.git.remote import Remote


class _Base(Struct, frozen=True):
    """What pull requests are to be merged into."""

    remote: Remote
    branch: str
    tip: str


def request_pull(bench: Bench, git: Git, wish: Wish, way: Requested) -> Promotion:
    """Open or update a pull request for each environment that changes.

    Every one is proven before the first is opened. Raises what `propose` raises, UsageError where
    the forge or its token is not known, and RefusedError or ProgramError where it refuses or does
    not answer.
    """
    remote = find_remote(git, way.remote)
    branch = remote.branch()
    base = _Base(remote, branch, remote.require_tip(branch))
    place = bench_at(bench, git, base.tip)
    forge = find_forge(remote.url(), way.kind or place.fleet.config.forge)
    with said_of(base.tip):
        alone = [replace(wish, environments=(one,)) for one in wish.environments]
        proposals = [propose(place, one) for one in alone]
    results = []
    for proposal in proposals:
        if not proposal.edits:
            results.append(promotion(proposal, written=False))
            continue
        delivery = _pushed(bench, git, base, proposal)
        seen = compare(bench.fleet, Comparing(start=base.tip, end=delivery.commit), bench.narrate)
        result = replace(promotion(proposal, written=True), deliveries=(delivery,))
        head = delivery.branch or ""
        opened = forge.publish(Draft(head, branch, way.title(result), way.body(result, seen)))
        request = PullRequest(
            url=opened.url, number=opened.number, outcome="opened" if opened.new else "updated"
        )
        results.append(replace(result, deliveries=(replace(delivery, pull_request=request),)))
    return Promotion(
        release=wish.release,
        environments=tuple(environment for one in results for environment in one.environments),
        findings=tuple(finding for one in results for finding in one.findings),
        accepted=tuple(accepted for one in results for accepted in one.accepted),
        deliveries=tuple(delivery for one in results for delivery in one.deliveries),
    )


def _pushed(bench: Bench, git: Git, base: _Base, proposal: Proposal) -> Delivery:
    """Bring the environment's branch to the base and the promotion's one commit."""
    (environment,) = proposal.promotions
    name = f"promote/{environment.environment}"
    made = commit(bench, git, base.tip, proposal)
    there = base.remote.tip(name)
    if there is not None:
        require_ours(git, name, there, base.tip)
    delivery = Delivery(commit=made.commit, branch=name, remote=base.remote.name)
    if there is not None and git.is_alike(there, made.commit):
        return replace(delivery, commit=there)
    if refusal := base.remote.push(made.commit, name, there):
        raise RefusedError(f"{base.remote.name} refuses the push to {name}", hint=refusal)
    return delivery
