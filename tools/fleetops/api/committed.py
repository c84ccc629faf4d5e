"""A promotion proposed for a commit, whatever stands in the work tree."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fleetops.api.fleet import fleet_in
from fleetops.api.propose import ChecksFailedError, propose
from fleetops.errors import InputError, RefusedError, UsageError
from fleetops.git import export
from fleetops.git.worktree import is_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.api.bench import Bench
    from fleetops.api.propose import Proposal, Wish
    from fleetops.git import Git


def bench_at(bench: Bench, git: Git, commit: str) -> Bench:
    """Write a commit's files into a scratch folder, and give a bench for the fleet there.

    Raises InputError where it cannot be used.
    """
    folder = bench.folder("commit")
    export(git, commit, folder)
    with said_of(commit):
        fleet = replace(fleet_in(folder), clock=bench.fleet.clock, means=bench.fleet.means)
    return replace(bench, fleet=fleet, revision=commit)


def propose_at(bench: Bench, git: Git, commit: str, wish: Wish) -> Proposal:
    """Propose a promotion for the files that a commit has; raises as `propose` does."""
    place = bench_at(bench, git, commit)
    if wish.release not in place.fleet.releases and wish.release in bench.fleet.releases:
        raise UsageError(
            f"{bench.fleet.releases[wish.release].place.path} is not in commit {commit[:12]}",
            hint="commit it first, and push it for --push and --pr: what is not committed has no"
            " part in a promotion that is",
        )
    with said_of(commit):
        try:
            return propose(place, wish)
        except ChecksFailedError:
            raise
        except (InputError, RefusedError) as error:
            if error.place and _is_another(bench, place, git, error.place.path):
                error.hint = (
                    "the work tree's file is another one: commit that first, and push it for --push"
                    " and --pr, since what is not committed has no part in this; nothing was"
                    " written"
                )
            raise


def _is_another(bench: Bench, place: Bench, git: Git, path: str) -> bool:
    """Tell whether a file of the work tree is another one than at `place`, in the commit."""
    try:
        here, there = (it.fleet.repository.read_bytes(path) for it in (bench, place))
    except InputError:
        return False
    return not is_of(git, path, here, there)


@contextlib.contextmanager
def said_of(commit: str) -> Iterator[None]:
    """Say in errors that they are of the commit: it need not be so in the work tree."""
    try:
        yield
    except (InputError, RefusedError, UsageError) as error:
        error.message = f"{error.message} (commit {commit[:12]})"
        raise
