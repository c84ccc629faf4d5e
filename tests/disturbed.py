"""A rehearsal that is disturbed: at a moment, by a signal, in one of its parts."""

from __future__ import annotations

import os
import select
import shutil
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clusterhome import TIMEOUT, wait
from fleetops.cluster import folders
from smallfleet import CLAIM, SERVICE, VOLUME

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

    from clusterhome import Home
    from fleetcopy import FleetCopy

REHEARSE = ("rehearse", "v2", "--env=one")
AS_IT_IS = "one as it is"
AS_IT_WOULD_BE = "one as it would be"
OBJECTS = f"{SERVICE}---\n{VOLUME}---\n{CLAIM}"


@contextmanager
def started(
    fleet: FleetCopy, home: Home, *words: str, before: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Start fleetops in the repository, which it does not change, and end it with the block.

    `before` is a command that runs it.
    """
    snapshot = fleet.snapshot()
    process = fleet.start_by(before, *words, **home.environment)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
    assert fleet.snapshot() == snapshot


def until(process: subprocess.Popen[str], words: str) -> None:
    """Wait until a process says something on stderr; the rest is still to be read."""
    assert process.stderr is not None
    said = b""
    while words.encode() not in said:
        readable, _, _ = select.select([process.stderr], [], [], TIMEOUT)
        byte = os.read(process.stderr.fileno(), 1) if readable else b""
        assert byte, said
        said += byte


def end_by(number: signal.Signals, fleet: FleetCopy, process: subprocess.Popen[str]) -> None:
    """End fleetops by a signal; where it can, it cleans up and says so."""
    process.send_signal(number)
    if number != signal.SIGKILL:
        assert fleet.end(process).code == 130
        return
    assert process.wait(TIMEOUT) == -number
    # Its scratch folder is all that it cannot remove any more.
    for scratch in (fleet.root.parent / "tmp").iterdir():
        shutil.rmtree(scratch)


def process_of(home: Home, part: str) -> int:
    """Wait until a part of the one cluster is there, and give its process."""
    found: list[int] = []

    def is_there() -> bool:
        for folder in home.clusters.iterdir() if home.clusters.exists() else ():
            state = folders.read_state(folder)
            if state is not None:
                every = {folders.SUPERVISOR: state.supervisor} | state.parts
                found.extend([every[part]] if part in every else [])
        return bool(found)

    wait(is_there, f"there is no {part}")
    return found[0]


def how(part: str) -> str:
    """Say how a part ended that was killed."""
    return "its supervisor ended" if part == "supervisor" else f"{part} was killed by signal 9"
