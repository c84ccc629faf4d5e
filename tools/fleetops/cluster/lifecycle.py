"""The life of a cluster: up until it is taken down, or for the length of a block."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from fleetops.cluster import folders
from fleetops.cluster.parts import SERVER
from fleetops.cluster.plan import Cluster
from fleetops.errors import ProgramError
from fleetops.kube import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fleetops.cluster.plan import Plan

_POLL: Final = 0.02
_NOTE_SECONDS: Final = 5.0
"""So long after a part ended, its supervisor may still be about to note it."""


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


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say why the API server of a cluster no longer answers, if that happens in the block.

    Raises ProgramError then, with the last lines of the part that ended, or of the API server.
    """
    try:
        yield
    except UnreachableError as error:
        deadline = time.monotonic() + _NOTE_SECONDS
        while not (broken := folders.is_broken(folder)) and time.monotonic() < deadline:
            time.sleep(_POLL)
        why, lines = error.message, folders.last_lines(folder, SERVER)
        if broken:
            why, lines = folders.why_broken(folder)
        state = folders.read_state(folder)
        hint = "nothing of it is left"
        if state and state.kept:
            hint = f"fleetops cluster down --name {folder.name} removes it"
        raise folders.failure(folder.name, why, lines, hint) from error


def down(folder: Path) -> bool:
    """End a cluster and remove its folder; False where there is none.

    Raises ProgramError where its processes do not end.
    """
    try:
        lock = folders.open_lock(folder)
    except FileNotFoundError:
        return False
    try:
        folders.end(folder, lock)
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
                    folders.end(folder, lock)
            finally:
                os.close(lock)
