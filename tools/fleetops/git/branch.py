"""Branches of promotions: made and moved, but only where nothing of anybody else's is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from fleetops.git.program import Git


def require_name(git: Git, name: str) -> None:
    """Refuse what git takes for no name of a branch."""
    if git.ask("check-ref-format", "--branch", name).returncode or name.startswith("-"):
        raise UsageError(f"{name!r} is no name for a branch")


def require_ours(git: Git, name: str, tip: str, parent: str) -> None:
    """Refuse a branch with commits of its own that are not a promotion's: they would be lost."""
    others = git.read(
        "log",
        "--format=%H %(trailers:key=Release,valueonly,separator=%x20)",
        f"{parent}..{tip}",
        "--",
    )
    for line in others.decode(errors="replace").splitlines():
        commit, _, release = line.partition(" ")
        if not release.strip():
            if git.read("rev-parse", "--is-shallow-repository") == b"true\n":
                raise RefusedError(
                    f"whether the branch {name} has commits of its own does not show here",
                    hint="nothing was written; this clone is a shallow one: git fetch --unshallow",
                )
            raise RefusedError(
                f"the branch {name} has a commit that is no promotion: {commit[:12]}",
                hint="nothing was written; merge that branch, delete it, or take another name",
            )


def tip(git: Git, name: str) -> str | None:
    """Give the commit of a branch, None where there is no such branch."""
    completed = git.ask("rev-parse", "--verify", "--quiet", f"refs/heads/{name}^{{commit}}")
    return None if completed.returncode else completed.stdout.decode().strip()


def move(git: Git, name: str, commit: str) -> None:
    """Make a branch or move it; RefusedError where it is checked out."""
    git.change("branch", "--force", "--no-track", name, commit)
