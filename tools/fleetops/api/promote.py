"""Promote a release: plan, render, prove, check, and only then write."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.bench import bench
from fleetops.api.propose import propose
from fleetops.api.results.promotion import Promotion
from fleetops.edits import apply_edits, locked, tidy

if TYPE_CHECKING:
    from fleetops.api.deliver import Way
    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.api.propose import Proposal, Wish


class Request(Struct, frozen=True):
    """A promotion that is asked for."""

    wish: Wish
    dry_run: bool = False
    """Write nothing."""
    way: Way | None = None
    """How it becomes a commit, None where the work tree's files are all that is written."""


def promote(fleet: Fleet, request: Request, narrate: Narrate) -> Promotion:
    """Make environments run a release; nothing is written unless every proof and check passes.

    Raises UsageError for names that there are not, RefusedError where a proof or check fails,
    InputError for files that cannot be used and ProgramError where a program cannot be had.
    """
    lock = contextlib.nullcontext() if request.dry_run else locked(fleet.repository)
    with lock, bench(fleet, narrate) as place:
        if request.way is not None:
            from fleetops.api.deliver import deliver

            return deliver(place, request.wish, request.way)
        proposal = propose(place, request.wish)
        if not request.dry_run:
            tidy(fleet.repository, (one.file for one in proposal.promotions))
            apply_edits(fleet.repository, proposal.edits)
        return promotion(proposal, written=not request.dry_run)


def promotion(proposal: Proposal, *, written: bool) -> Promotion:
    """Give the result of a proposal."""
    return Promotion(
        release=proposal.release.name,
        rollback=proposal.rollback,
        environments=tuple(
            replace(one, outcome="promoted") if written and one.outcome == "planned" else one
            for one in proposal.promotions
        ),
        findings=proposal.findings,
        accepted=proposal.accepted,
    )
