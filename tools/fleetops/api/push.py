"""A promotion on a remote's branch: planned anew whenever somebody was quicker."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from fleetops.api.committed import propose_at
from fleetops.api.deliver import commit
from fleetops.api.promote import promotion
from fleetops.api.results import Delivery
from fleetops.errors import RefusedError
from fleetops.git.remote import find_remote

if TYPE_CHECKING:
    from fleetops.api.fleet import Bench
    from fleetops.api.propose import Wish
    from fleetops.api.results import Promotion
    from fleetops.git import Git

_TRIES: Final = 10
_LONGEST: Final = 30.0
"""Seconds between two tries, at most."""


def push(bench: Bench, git: Git, wish: Wish, asked: str | None) -> Promotion:
    """Put a promotion on the branch of a remote, without anything of it here.

    Raises what `propose` raises, and RefusedError where the remote refuses, or others were quicker
    ten times.
    """
    remote = find_remote(git, asked)
    branch = remote.branch()
    for number in range(_TRIES):
        started = time.monotonic()
        tip = remote.require_tip(branch)
        proposal = propose_at(bench, git, tip, wish)
        if not proposal.edits:
            return promotion(proposal, written=False)
        made = commit(bench, git, tip, proposal)
        refusal = remote.push(made.commit, branch, tip)
        now = remote.tip(branch) if refusal else made.commit
        if now == made.commit:
            delivery = Delivery(commit=made.commit, branch=branch, remote=remote.name)
            return replace(promotion(proposal, written=True), deliveries=(delivery,))
        # Two pushes at the very same time may both find the branch locked.
        if now == tip and "lock" not in (refusal or ""):
            raise RefusedError(f"{remote.name} refuses the push to {branch}", hint=refusal)
        bench.narrate(f"{branch} of {remote.name} has moved on; planning again on it")
        # Spread over more and more times of a try, so that one of them falls between two others.
        longest = min(_LONGEST, (time.monotonic() - started) * 2**number)
        time.sleep(random.uniform(0, longest))  # noqa: S311
    raise RefusedError(
        f"others were quicker to push to {branch} of {remote.name}, {_TRIES} times",
        hint="nothing was written; try again when it is calmer there",
    )
