"""A promotion on a remote's branch: planned anew whenever somebody was quicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from fleetops.api.again import again, pushed
from fleetops.api.committed import propose_at
from fleetops.api.deliver import commit
from fleetops.api.promote import promotion
from fleetops.api.results.promotion import Delivery
from fleetops.git.remote import find_remote

if TYPE_CHECKING:
    from fleetops.api.bench import Bench
    from fleetops.api.propose import Wish
    from fleetops.api.results.promotion import Promotion
    from fleetops.git import Git


def push(bench: Bench, git: Git, wish: Wish, asked: str | None) -> Promotion:
    """Put a promotion on the branch of a remote, without anything of it here.

    Raises what `propose` raises, and RefusedError where the remote refuses, or others were quicker
    ten times.
    """
    remote = find_remote(git, asked)
    branch = remote.branch()

    def attempt() -> Promotion | None:
        tip = remote.require_tip(branch)
        proposal = propose_at(bench, git, tip, wish)
        if not proposal.edits:
            return promotion(proposal, written=False)
        made = commit(bench, git, tip, proposal)
        if not pushed(remote, made.commit, branch, tip):
            return None
        delivery = Delivery(commit=made.commit, branch=branch, remote=remote.name)
        return replace(promotion(proposal, written=True), deliveries=(delivery,))

    return again(attempt, f"{branch} of {remote.name}", bench.narrate)
