"""kubectl, on one cluster and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.programs import Command, clean_environment, run

if TYPE_CHECKING:
    from fleetops.cluster.plan import Cluster
    from fleetops.programs import Completed


def kubectl(
    cluster: Cluster, *arguments: str, stdin: bytes = b"", timeout: float = 60.0
) -> Completed:
    """Run kubectl on a cluster; files are given by absolute paths, or as `-f -` in `stdin`.

    A refusal is an exit code; ProgramError is raised as by `run`. `timeout` is in seconds.
    """
    return run(
        Command(
            (str(cluster.kubectl), f"--kubeconfig={cluster.kubeconfig}", *arguments),
            cluster.folder,
            clean_environment(cluster.folder),
            timeout,
            stdin=stdin,
        )
    )
