"""What a cluster runs, in lines: nothing that anybody wrote there is obeyed."""

from __future__ import annotations

from typing import Literal

import pytest

from fleetops.api.results.live import (
    ClusterSeen,
    CommitStatus,
    DriftStatus,
    LiveStatus,
    RolloutStatus,
    SyncStatus,
)
from fleetops.api.results.services import ServiceStatus
from fleetops.api.results.status import EnvironmentStatus, Status
from fleetops.api.results.wait import Wait
from fleetops.output.text import as_text

CLUSTER = ClusterSeen(context="kind", kubernetes="v1.37.2", commit="b" * 40)
QUEUE = ServiceStatus(service="queue", image="q", versions=(":2",), expected=":2")


def sync(
    *,
    applied: CommitStatus | None = None,
    attempted: CommitStatus | None = None,
    messages: tuple[str, ...] = (),
    elsewhere: str | None = None,
) -> SyncStatus:
    return SyncStatus(
        controller="argocd",
        resource="Application/argocd/aws",
        repository="",
        states=("Synced", "Healthy"),
        ok=True,
        failed=attempted is not None,
        applied=applied,
        attempted=attempted,
        messages=messages,
        elsewhere=elsewhere,
    )


def live(
    *syncs: SyncStatus,
    rollouts: tuple[RolloutStatus, ...] = (),
    drift: tuple[DriftStatus, ...] = (),
) -> LiveStatus:
    return LiveStatus(
        release="release1", services=(QUEUE,), syncs=syncs, rollouts=rollouts, drift=drift
    )


def status(*ones: LiveStatus | None, cluster: ClusterSeen | None = CLUSTER) -> list[str]:
    environments = tuple(
        EnvironmentStatus(environment=f"e{n}", release="release2", services=(QUEUE,), live=one)
        for n, one in enumerate(ones)
    )
    return as_text(Status(environments=environments, cluster=cluster)).splitlines()


def test_the_cluster_stands_below_git() -> None:
    done = RolloutStatus(resource="Deployment/a/q", waits_for=None)
    waits = RolloutStatus(resource="Deployment/a/r", waits_for="0 of 1 pods are available")
    other = DriftStatus(resource="Deployment/a/q", container="c", live="q:1", rendered="q:2")
    assert status(live(rollouts=(done, waits), drift=(other,)), None) == [
        "environment  release   queue",
        "e0           release2  2",
        "  live       release1  2",
        "e1           release2  2",
        "cluster: kind, Kubernetes 1.37.2",
        "nothing of it is there: e1",
        "e0, live:",
        "  neither an Argo CD Application nor a Flux Kustomization syncs it",
        "  rolled out: 1 of 2 workloads and claims",
        "  Deployment/a/r: 0 of 1 pods are available",
        "  drift: Deployment/a/q c runs q:1, and should run q:2",
    ]


def test_what_is_not_allowed_to_be_seen_is_said() -> None:
    cluster = ClusterSeen(context="kind", kubernetes="1", commit=None, notes=("may not",))
    lines = status(None, cluster=cluster)
    assert lines[-2:] == ["this work tree has no commit to compare with", "not seen: may not"]


@pytest.mark.parametrize(
    ("relation", "behind", "ahead", "changed", "said"),
    [
        ("same", 0, 0, False, ", the commit of this work tree"),
        ("behind", 1, 0, True, ", 1 commit behind this work tree"),
        ("behind", 2, 0, False, ", 2 commits behind this work tree, with the same overlay"),
        ("ahead", 0, 3, True, ", 3 commits ahead of this work tree"),
        ("diverged", 1, 2, True, ", 1 commit behind and 2 ahead of this work tree"),
        ("absent", 0, 0, False, ", a commit that is not in this repository"),
        ("unknown", 0, 0, False, ""),
    ],
)
def test_a_commit_is_told_by_its_distance(
    relation: Literal["same", "behind", "ahead", "diverged", "absent", "unknown"],
    behind: int,
    ahead: int,
    *,
    changed: bool,
    said: str,
) -> None:
    commit = CommitStatus(
        commit="a" * 40, relation=relation, behind=behind, ahead=ahead, changed=changed
    )
    line = f"  Application/argocd/aws: Synced, Healthy; has applied aaaaaaaaaaaa{said}"
    assert line in status(live(sync(applied=commit)))


def test_a_failed_sync_is_told_with_its_words() -> None:
    lines = status(
        live(
            sync(
                attempted=CommitStatus(commit="b" * 40, relation="same"),
                messages=("Service/a: no",),
                elsewhere="https://aws.example",
            )
        )
    )
    assert lines[-3:] == [
        "  Application/argocd/aws into https://aws.example: Synced, Healthy",
        "    the sync failed of bbbbbbbbbbbb, the commit of this work tree",
        "    Service/a: no",
    ]


def test_no_word_from_a_cluster_is_obeyed() -> None:
    hostile = "\x1b[2J\n::set-output name=a::b\r##[error]\u202e"
    other = DriftStatus(resource=hostile, container=hostile, live=hostile, rendered=None)
    waits = RolloutStatus(resource=hostile, waits_for=hostile)
    said = live(sync(messages=(hostile,)), rollouts=(waits,), drift=(other,))
    wait = Wait(
        ok=False,
        environment="aws",
        release="release2",
        outcome="timeout",
        waiting=(hostile,),
        live=said,
        cluster=ClusterSeen(context=hostile, kubernetes=hostile, commit=None, notes=(hostile,)),
        seconds=1,
    )
    for line in (*as_text(wait).split("\n"), *status(said, cluster=wait.cluster)):
        assert line.isprintable()
        assert not line.lstrip().startswith(("::", "##["))


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        ("reached", "aws runs release2 in the cluster kind (1.5 s)"),
        ("timeout", "aws does not run release2 in the cluster kind, it was waited for (1.5 s)"),
        ("failed", "aws does not come to run release2 in the cluster kind (1.5 s)"),
    ],
)
def test_the_end_of_a_wait_is_its_last_line(
    outcome: Literal["reached", "timeout", "failed"], last: str
) -> None:
    wait = Wait(
        ok=outcome == "reached",
        environment="aws",
        release="release2",
        outcome=outcome,
        waiting=(),
        live=live(),
        cluster=CLUSTER,
        seconds=1.5,
    )
    assert as_text(wait).splitlines()[-1] == last
