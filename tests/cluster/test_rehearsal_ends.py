"""However a rehearsal is ended, nothing of it stays that the next one does not clear."""

from __future__ import annotations

import os
import platform
import signal
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusterhome import TIMEOUT, wait
from disturbed import (
    AS_IT_IS,
    AS_IT_WOULD_BE,
    OBJECTS,
    REHEARSE,
    end_by,
    process_of,
    started,
    until,
)
from fleetops.cluster import kubectl

if TYPE_CHECKING:
    from clusterhome import Home
    from fleetops.cluster import Cluster
    from smallfleet import SmallFleet

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("cluster_programs")]

COMMANDS = {
    "rehearse": REHEARSE,
    "validate": ("validate", "--on-cluster", "overlays/one/web.yaml", "overlays/one/objects.yaml"),
}


@pytest.fixture
def small(small: SmallFleet) -> SmallFleet:
    """Give a small fleet with something of everything that is waited for."""
    small.objects(OBJECTS)
    return small


def everything(cluster: Cluster) -> list[str]:
    """List what is in a cluster that could have been left, namespaces that are going not."""
    kinds = "persistentvolumes,persistentvolumeclaims,configmaps,leases,deployments,services"
    found = kubectl(cluster, "get", kinds, "--all-namespaces", "--output=name")
    names = kubectl(cluster, "get", "namespaces", "--field-selector=status.phase=Active", "-oname")
    assert (found.returncode, names.returncode) == (0, 0), found.stderr + names.stderr
    # Every namespace is given one, and it goes with it.
    given = "configmap/kube-root-ca.crt"
    return sorted(one for one in (found.stdout + names.stdout).decode().split() if one != given)


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, AS_IT_WOULD_BE),
        (signal.SIGTERM, AS_IT_IS),
        (signal.SIGKILL, AS_IT_IS),
        (signal.SIGKILL, AS_IT_WOULD_BE),
    ],
)
def test_a_throwaway_cluster_ends_with_the_rehearsal(
    small: SmallFleet, home: Home, number: signal.Signals, moment: str
) -> None:
    with started(small, home, *REHEARSE) as process:
        until(process, moment)
        end_by(number, small, process)
    home.assert_nothing_left()


def test_what_a_rehearsal_left_in_the_kept_cluster_is_cleared_by_the_next(
    small: SmallFleet, home: Home
) -> None:
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        with started(small, home, *REHEARSE, "--keep") as process:
            until(process, AS_IT_WOULD_BE)
            end_by(number, small, process)
    done = small.run(*REHEARSE, "--keep", "--output=json", **home.environment)
    assert done.code == 0, done.err
    assert {one["outcome"] for one in done.data["objects"]} == {"unchanged", "changed"}
    os.kill(process_of(home, "kwok"), signal.SIGKILL)
    done = small.run(*REHEARSE, "--keep", **home.environment)
    assert done.code == 0, done.err
    assert "cluster rehearsal is made anew: kwok was killed by signal 9" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_left_in_a_given_cluster_is_cleared_at_once_or_by_the_next(
    small: SmallFleet, home: Home, shared: Cluster, command: str, number: signal.Signals
) -> None:
    there = everything(shared)
    words = (*COMMANDS[command], f"--kubeconfig={shared.kubeconfig}")
    with started(small, home, *words) as process, closing(shared.access.client()) as client:
        wait(lambda: client.get("/api/v1/namespaces/shop") is not None, "nothing is made")
        (proxy,) = children(process.pid)
        end_by(number, small, process)
    if number != signal.SIGKILL:
        wait(lambda: everything(shared) == there, "something is left")
    wait(lambda: not Path(f"/proc/{proxy}").exists(), "kubectl proxy is left")
    if number == signal.SIGKILL:
        assert "lease.coordination.k8s.io/fleetops-rehearsal" in everything(shared)
        done = small.run(*words, **home.environment)
        assert done.code == 0, done
        wait(lambda: everything(shared) == there, "something is left")


def children(process: int) -> list[int]:
    """Give the processes that a process has started and that live."""
    return [
        int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def test_a_proxy_that_is_killed_is_told_and_what_is_left_is_cleared_by_the_next(
    small: SmallFleet, home: Home, shared: Cluster
) -> None:
    there = everything(shared)
    words = (*REHEARSE, f"--kubeconfig={shared.kubeconfig}")
    with started(small, home, *words) as process:
        until(process, AS_IT_WOULD_BE)
        (proxy,) = children(process.pid)
        os.kill(proxy, signal.SIGKILL)
        done = small.end(process)
        assert (done.code, done.out) == (3, "")
        assert "fleetops: kubectl proxy ended, by which the cluster is reached" in done.err
        assert done.err.endswith("\n  try again\n")
    assert small.run(*words, **home.environment).code == 0
    assert everything(shared) == there


def test_two_rehearsals_at_once_know_nothing_of_each_other(small: SmallFleet, home: Home) -> None:
    with started(small, home, *REHEARSE) as one, started(small, home, *REHEARSE) as two:
        outs = [process.communicate(timeout=TIMEOUT) for process in (one, two)]
        assert [process.returncode for process in (one, two)] == [0, 0], outs
    home.assert_nothing_left()


def test_the_second_on_the_kept_cluster_is_refused_and_does_not_disturb_the_first(
    small: SmallFleet, home: Home
) -> None:
    with started(small, home, *REHEARSE, "--keep") as first:
        until(first, AS_IT_IS)
        first.send_signal(signal.SIGSTOP)
        with started(small, home, *REHEARSE, "--keep") as second:
            _, err = second.communicate(timeout=TIMEOUT)
            assert second.returncode == 1
        assert err == (
            "fleetops: another rehearsal is under way in this cluster, by"
            f" {platform.node()} {first.pid}\n"
            "  wait for its end, or rehearse without --keep and --kubeconfig\n"
        )
        first.send_signal(signal.SIGCONT)
        assert small.end(first).code == 0
