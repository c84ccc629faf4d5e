"""A promotion as one commit: on the branch that is checked out, on another, or on a remote's.

It is planned and proven on the commit that it follows, not on the work tree, so that what was
proven is what is committed.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.committed import propose_at
from fleetops.api.promote import promotion
from fleetops.api.results.promotion import Delivery
from fleetops.edits import Edit, apply_edits, restore, tidy
from fleetops.errors import FleetopsError, Place, RefusedError
from fleetops.git import branch, index, open_git, worktree
from fleetops.git.commit import Draft, make_commit, run_post_commit
from fleetops.git.message import Accepted, Message, Step
from fleetops.git.program import require_recent
from fleetops.manifests import split_image
from fleetops.programs.run import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.propose import Proposal, Wish
    from fleetops.api.results.comparison import Comparison
    from fleetops.api.results.promotion import Promotion
    from fleetops.files import Repository
    from fleetops.forge import Kind
    from fleetops.git import Git
    from fleetops.git.commit import Made


class OnHead(Struct, frozen=True):
    """On what is checked out, with its index and its work tree."""


class OnBranch(Struct, frozen=True):
    """On a branch that is not checked out, one commit after HEAD."""

    name: str | None = None
    """promote/<environment>/<release>, where none is given."""


class Pushed(Struct, frozen=True):
    """On a remote's branch."""

    remote: str | None = None
    """The one of the branch that is checked out, or else origin, where none is given."""


class Requested(Struct, frozen=True):
    """On a branch of a remote, with a pull request."""

    title: Callable[[Promotion], str]
    """Writes the pull request's title."""
    body: Callable[[Promotion, Comparison], str]
    """Writes its text, in Markdown, of the promotion and of what changes in every render."""
    remote: str | None = None
    """As above."""
    kind: Kind | None = None
    """Of the forge; that of the host or of fleetops.yaml where none is given."""


Way = OnHead | OnBranch | Pushed | Requested


def deliver(bench: Bench, wish: Wish, way: Way) -> Promotion:
    """Make a promotion one commit, and bring it where it was asked for: wholly, or not at all.

    Raises what `propose` raises, RefusedError where git, a hook or a remote refuses, and
    ProgramError where git is missing or too old.
    """
    git = open_git(bench.guarded)
    require_recent(git)
    match way:
        case OnHead():
            return _on_head(bench, git, wish)
        case OnBranch():
            return _on_branch(bench, git, wish, way.name)
        case Pushed():
            from fleetops.api.push import push

            return push(bench, git, wish, way.remote)
        case Requested():
            from fleetops.api.pull import request_pull

            return request_pull(bench, git, wish, way)


def _on_head(bench: Bench, git: Git, wish: Wish) -> Promotion:
    index.require_calm(git)
    head = git.commit("HEAD")
    proposal = propose_at(bench, git, head, wish)
    tidy(bench.fleet.repository, (one.file for one in proposal.promotions))
    if not proposal.edits:
        return promotion(proposal, written=False)
    unedited = _unedited(bench.fleet.repository, git, proposal.edits)
    made = commit(bench, git, head, proposal)
    index.require_unstaged(git, made)
    missing = _missing(git, made, proposal.edits, unedited)
    with undisturbed():
        _take_over(bench.fleet.repository, git, made, head, missing)
    run_post_commit(git)
    name = git.ask("symbolic-ref", "--quiet", "--short", "HEAD").stdout.decode().strip()
    return _delivered(proposal, Delivery(commit=made.commit, branch=name or None))


def _take_over(
    repository: Repository, git: Git, made: Made, head: str, missing: Sequence[Edit]
) -> None:
    """Bring work tree, index and HEAD to a commit, HEAD last: until then, nothing is committed.

    Whoever is killed here leaves what a promotion without a commit leaves, whole files that are not
    committed or not yet staged, and the same call goes on with them.
    """
    apply_edits(repository, missing)
    try:
        index.stage(git, made.after)
        index.advance(git, made, head)
    except FleetopsError:
        # A hook that is told of the move may be what failed.
        if git.commit("HEAD") == made.commit:
            return
        restore(repository, missing)
        with contextlib.suppress(FleetopsError):
            index.stage(git, made.before)
        raise


def _on_branch(bench: Bench, git: Git, wish: Wish, asked: str | None) -> Promotion:
    head = git.commit("HEAD")
    name = asked or f"promote/{'-'.join(wish.environments)}/{wish.release}"
    branch.require_name(git, name)
    if (tip := branch.tip(git, name)) is not None:
        branch.require_ours(git, name, tip, head)
    proposal = propose_at(bench, git, head, wish)
    if not proposal.edits:
        return promotion(proposal, written=False)
    made = commit(bench, git, head, proposal)
    branch.move(git, name, made.commit)
    return _delivered(proposal, Delivery(commit=made.commit, branch=name))


def commit(bench: Bench, git: Git, parent: str, proposal: Proposal) -> Made:
    """Make the commit of a proposal, which no ref leads to yet."""
    files = {edit.path: edit.new for edit in proposal.edits}
    draft = Draft(parent, files, str(_message(proposal)))
    return make_commit(git, draft, bench.folder("index"))


def _message(proposal: Proposal) -> Message:
    steps = []
    for one in proposal.promotions:
        if one.outcome == "planned":
            images = {
                change.service: (
                    change.service,
                    split_image(change.before).version.removeprefix(":"),
                    split_image(change.after).version.removeprefix(":"),
                )
                for change in one.changes
            }
            steps.append(Step(one.environment, one.before, tuple(images.values())))
    accepted = tuple(Accepted(one.rule, one.because) for one in proposal.accepted)
    return Message(proposal.release.name, tuple(steps), accepted, proposal.rollback)


def _unedited(repository: Repository, git: Git, edits: Sequence[Edit]) -> dict[str, bytes]:
    """Give the files of the work tree that do not have their edits yet, by path.

    Raises RefusedError where a file holds neither what is committed nor what will be.
    """
    unedited = {}
    for edit in edits:
        content = repository.read_bytes(edit.path)
        if content != edit.old and worktree.is_of(git, edit.path, content, edit.new):
            continue
        if not worktree.is_of(git, edit.path, content, edit.old):
            raise RefusedError(
                "has changes that are not committed",
                place=Place(edit.path),
                hint="nothing was written; commit them, or take them back with git restore",
            )
        unedited[edit.path] = content
    return unedited


def _missing(
    git: Git, made: Made, edits: Sequence[Edit], unedited: Mapping[str, bytes]
) -> list[Edit]:
    """Give the edits of the work tree's files, which may be written otherwise than committed."""
    return [
        edit
        if content == edit.old
        else Edit(path, content, worktree.checked_out(git, made.commit, path))
        for edit in edits
        for path, content in unedited.items()
        if path == edit.path
    ]


def _delivered(proposal: Proposal, delivery: Delivery) -> Promotion:
    return replace(promotion(proposal, written=True), deliveries=(delivery,))
