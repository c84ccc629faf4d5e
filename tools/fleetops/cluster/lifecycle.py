"""The life of a cluster: up until it is taken down, or for the length of a block."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from fleetops.cluster import folders
from fleetops.cluster.plan import Cluster
from fleetops.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleetops.cluster.plan import Plan

_POLL: Final = 0.02


def up(plan: Plan, narrate: Callable[[str], None]) -> Cluster:
    """Give the cluster of that name, started now unless it is up; it lives until `down`.

    A broken one is removed and made anew, with a word to `narrate`. Raises ProgramError where it
    is not ready in time or a part ends, with the last lines of its log; nothing is left then.
    """
    from fleetops.cluster.start import started

    deadline = time.monotonic() + plan.timeout
    while (lock := folders.take(plan.folder)) is None:
        state = folders.read_state(plan.folder)
        if state and state.kept and not state.broken:
            return Cluster(plan.name, plan.folder, state.port, plan.programs["kubectl"])
        if time.monotonic() >= deadline:
            raise ProgramError(
                f"another process has been at cluster {plan.name} for {plan.timeout:g} s"
            )
        time.sleep(_POLL)
    if folders.read_state(plan.folder):
        why, _ = folders.why_broken(plan.folder)
        narrate(f"cluster {plan.name} is made anew: {why}")
    with started(plan, lock) as starting:
        starting.keep()
    return starting.cluster


@contextmanager
def throwaway(plan: Plan) -> Iterator[Cluster]:
    """Give a cluster that ends with the block, or with this process, in whatever way that ends.

    The plan's name and folder are the beginning of its own. Raises as `up` does.
    """
    import secrets

    from fleetops.cluster.start import started

    ending = f"-{secrets.token_hex(4)}"
    folder = plan.folder.with_name(plan.folder.name + ending)
    lock = folders.take(folder)
    if lock is None:
        raise ProgramError(f"cluster {folder.name} is there already")
    with started(replace(plan, name=plan.name + ending, folder=folder), lock) as starting:
        yield starting.cluster


def down(folder: Path) -> bool:
    """End a cluster and remove its folder; False where there is none.

    Raises ProgramError where its processes do not end.
    """
    try:
        lock = folders.open_lock(folder)
    except FileNotFoundError:
        return False
    try:
        # Its parts die with it.
        folders.remove_when_free(folder, lock, meanwhile=lambda: _kill_supervisor(folder))
    finally:
        os.close(lock)
    return True


def sweep(clusters: list[Path]) -> None:
    """Remove what is left of clusters that were not to be kept, and do not live."""
    for folder in clusters:
        with suppress(FileNotFoundError):
            lock = folders.open_lock(folder)
            try:
                state = folders.read_state(folder)
                if not (state and state.kept) and folders.is_free(lock):
                    folders.remove_when_free(folder, lock)
            finally:
                os.close(lock)


def _kill_supervisor(folder: Path) -> None:
    state = folders.read_state(folder)
    if state is None:
        return
    with suppress(ProcessLookupError, FileNotFoundError):
        process = os.pidfd_open(state.supervisor)
        try:
            # The number may have been given to another process since the supervisor ended.
            command = Path(f"/proc/{state.supervisor}/cmdline").read_bytes().split(b"\0")
            if os.fsencode(folder) in command:
                signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)
