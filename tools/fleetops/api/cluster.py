"""Throwaway clusters: started, listed, used and ended."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fleetops import cluster
from fleetops.api.results.cluster import Clusters, ClusterStatus, PartStatus
from fleetops.cluster import folders
from fleetops.cluster.plan import PREFIX, kubeconfig_in, server_url
from fleetops.errors import ProgramError, UsageError
from fleetops.programs import CLUSTER_PROGRAMS, ensure
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def up(directory: Path, name: str, timeout: float, narrate: Callable[[str], None]) -> Clusters:
    """Start the cluster of that name unless it is up; it lives until `down`.

    `timeout` is in seconds; building the programs does not count. Raises UsageError for what
    cannot be a name and ProgramError where the cluster does not come up; nothing is left then.
    """
    return Clusters(clusters=(_status(keep(directory, name, timeout, narrate).folder),))


def keep(
    directory: Path, name: str, timeout: float, narrate: Callable[[str], None]
) -> cluster.Cluster:
    """Give the cluster of that name, as `up` does."""
    return cluster.up(_plan(directory, name, timeout, narrate), narrate)


@contextmanager
def throwaway(
    directory: Path, name: str, timeout: float, narrate: Callable[[str], None]
) -> Iterator[cluster.Cluster]:
    """Give a cluster that ends with the block, or with this process in whatever way it ends.

    `name` is the beginning of its name. Raises as `up` does.
    """
    with cluster.throwaway(_plan(directory, name, timeout, narrate)) as started:
        yield started


def down(directory: Path, name: str | None) -> Clusters:
    """End the cluster of that name, or all; the result holds those that there were.

    Raises ProgramError where one does not end.
    """
    repository = directory.absolute()
    every = folders.existing(repository) if name is None else [folders.folder_of(name, repository)]
    ended = [folder.name for folder in every if cluster.down(folder)]
    return Clusters(clusters=tuple(ClusterStatus(name=one, state="ended") for one in ended))


def status(directory: Path) -> Clusters:
    """Tell of each cluster whether it can be used, and if not, why and what it printed last."""
    every = folders.existing(directory.absolute())
    return Clusters(clusters=tuple(_status(folder) for folder in every))


def kubeconfig(directory: Path, name: str) -> Path:
    """Give the kubeconfig of a cluster that is up; it grants every right in it.

    Raises UsageError where there is none of that name, and ProgramError where it is not ready.
    """
    folder = folders.folder_of(name, directory.absolute())
    if not folder.is_dir():
        names = [one.name for one in folders.existing(directory.absolute())]
        raise UsageError(unknown("cluster", name, names), hint="fleetops cluster up starts one")
    found = _status(folder)
    if found.kubeconfig is None:
        raise ProgramError(f"cluster {name} is {found.state}", hint="see fleetops cluster status")
    return Path(found.kubeconfig)


def folder_beside(kubeconfig: Path, context: str, server: str) -> Path | None:
    """Give the folder of the cluster whose own kubeconfig it is; None where it is none of ours."""
    folder = kubeconfig.resolve().parent
    state = folders.read_state(folder)
    if state and (context, server) == (f"{PREFIX}{folder.name}", server_url(state.port)):
        return folder
    return None


def names(directory: Path) -> list[str]:
    """Give the names of the clusters that there are."""
    return [folder.name for folder in folders.existing(directory.absolute())]


def _plan(
    directory: Path, name: str, timeout: float, narrate: Callable[[str], None]
) -> cluster.Plan:
    if sys.platform != "linux":
        raise ProgramError("the throwaway cluster needs Linux")
    repository = directory.absolute()
    folder = folders.folder_of(name, repository)
    programs = {one.name: ensure(one, repository, narrate) for one in CLUSTER_PROGRAMS}
    cluster.sweep(folders.existing(repository))
    return cluster.Plan(name, folder, programs, timeout)


def _status(folder: Path) -> ClusterStatus:
    if folders.is_broken(folder):
        why, log = folders.why_broken(folder)
        return ClusterStatus(name=folder.name, state="broken", note=why, log=log)
    state = folders.read_state(folder)
    if state is None or not state.ready:
        return ClusterStatus(name=folder.name, state="starting")
    return ClusterStatus(
        name=folder.name,
        state="ready",
        server=server_url(state.port),
        kubeconfig=str(kubeconfig_in(folder)),
        parts=tuple(
            PartStatus(name=part, process=process, memory=_resident(process))
            for part, process in ({folders.SUPERVISOR: state.supervisor} | state.parts).items()
        ),
    )


def _resident(process: int) -> int:
    """Give the bytes of memory that a process holds, 0 for one that ended meanwhile."""
    with suppress(FileNotFoundError):
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0
