"""What a cluster runs of an environment, in lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.api.results.live import CommitStatus, DriftStatus, LiveStatus, SyncStatus

_SHORT = 12


def live_lines(live: LiveStatus) -> Iterator[str]:
    """Say who syncs it, what has rolled out, and what runs another image."""
    for sync in live.syncs:
        yield from _sync(sync)
    if not live.syncs:
        yield "  neither an Argo CD Application nor a Flux Kustomization syncs it"
    waiting = [one for one in live.rollouts if one.waits_for]
    if live.rollouts:
        arrived = len(live.rollouts) - len(waiting)
        yield f"  rolled out: {arrived} of {len(live.rollouts)} workloads and claims"
    for one in waiting:
        yield f"  {one.resource}: {one.waits_for}"
    for drift in live.drift:
        yield f"  drift: {_drift(drift)}"


def _sync(sync: SyncStatus) -> Iterator[str]:
    place = f" into {sync.elsewhere}" if sync.elsewhere else ""
    commit = f"; has applied {_commit(sync.applied)}" if sync.applied else ""
    yield f"  {sync.resource}{place}: {', '.join(sync.states)}{commit}"
    if sync.attempted and sync.attempted != sync.applied:
        verb = "the sync failed of" if sync.failed else "has looked at"
        yield f"    {verb} {_commit(sync.attempted)}"
    for message in sync.messages:
        yield f"    {message}"


def _commit(commit: CommitStatus) -> str:
    said = {
        "same": "the commit of this work tree",
        "behind": f"{count(commit.behind, 'commit')} behind this work tree",
        "ahead": f"{count(commit.ahead, 'commit')} ahead of this work tree",
        "diverged": (
            f"{count(commit.behind, 'commit')} behind and {commit.ahead} ahead of this work tree"
        ),
        "absent": "a commit that is not in this repository",
        "unknown": "",
    }[commit.relation]
    if commit.relation in {"behind", "ahead", "diverged"} and not commit.changed:
        said = f"{said}, with the same overlay"
    return ", ".join(filter(None, (commit.commit[:_SHORT], said)))


def _drift(drift: DriftStatus) -> str:
    what = f"{drift.resource} {drift.container}"
    if drift.live is None:
        return f"{what} is not there, and should run {drift.rendered}"
    if drift.rendered is None:
        return f"{what} runs {drift.live}, and is not in the render"
    return f"{what} runs {drift.live}, and should run {drift.rendered}"
