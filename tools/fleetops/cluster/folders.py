"""Where the clusters of a user are: a folder each, and in it a lock that tells whether it lives."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from fleetops.errors import Place, ProgramError, UsageError
from fleetops.programs.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT: Final = "default"
SUPERVISOR: Final = "supervisor"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_LOCK: Final = "lock"
_LOG_END: Final = 16 * 1024
_POLL: Final = 0.02
_END_SECONDS: Final = 20.0
_OWN_SECONDS: Final = 10.0
_FULL: Final = 1024 * 1024
"""With so many bytes left on a disk, a part cannot be expected to go on."""


class State(Struct, frozen=True):
    """What the supervisor of a cluster notes in state.json."""

    supervisor: int
    """Its process."""
    port: int
    """Of the API server, on 127.0.0.1."""
    parts: dict[str, int] = {}
    """The process of each part that was started."""
    ready: bool = False
    kept: bool = False
    """Whether it outlives the fleetops that started it."""
    broken: str | None = None
    """The part that ended, and took the others with it."""
    how: str | None = None
    """How that part ended."""


def clusters_folder(repository: Path) -> Path:
    """Give the folder of all clusters, beside the programs in the user's cache."""
    return cache_folder(repository).parent / "clusters"


def folder_of(name: str, repository: Path) -> Path:
    """Give the folder of a cluster, which need not exist.

    Raises UsageError for a name that is not a DNS label of at most 40 characters.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a cluster",
            hint="at most 40 of a to z, 0 to 9 and -, the first and the last no -",
        )
    return clusters_folder(repository) / name


def existing(repository: Path) -> list[Path]:
    """Give the folders of the clusters that there is anything of, in the order of their names."""
    try:
        return sorted(one for one in clusters_folder(repository).iterdir() if one.is_dir())
    except FileNotFoundError:
        return []


def take(folder: Path) -> int | None:
    """Make the folder if need be and take its lock; None while anything of the cluster lives.

    The lock is a file descriptor; every process that inherits it holds it.
    """
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            lock = open_lock(folder)
            if not is_free(lock):
                os.close(lock)
                return None
            # Whoever held it before may have removed the folder since it was opened.
            if is_current(lock, folder):
                return lock
            os.close(lock)


def open_lock(folder: Path) -> int:
    """Open the lock, without taking it; FileNotFoundError where the folder is gone."""
    return os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)


def is_free(lock: int) -> bool:
    """Tell whether nobody else holds the lock; if so, it is held by the caller from now on."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_current(lock: int, folder: Path) -> bool:
    """Tell whether the lock is still that of the folder, and not of one that was removed."""
    try:
        return os.path.samestat(os.fstat(lock), (folder / _LOCK).stat())
    except FileNotFoundError:
        return False


def lives(folder: Path) -> bool:
    """Tell whether anything of the cluster lives, or someone is about to start or remove it."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who only ask do not get in each other's way.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def read_state(folder: Path) -> State | None:
    """Give what the supervisor noted last, None where it has not yet."""
    try:
        return msgspec.json.decode((folder / "state.json").read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def is_broken(folder: Path) -> bool:
    """Tell whether a part has ended, and took the others with it or is about to."""
    state = read_state(folder)
    return not lives(folder) or bool(state and state.broken)


def why_broken(folder: Path) -> tuple[str, tuple[str, ...]]:
    """Say what ended a cluster that does not live, with the last lines of that part's log."""
    state = read_state(folder)
    if state and state.broken:
        # On a full disk it cannot have said so itself.
        full = ", and the disk is full" if shutil.disk_usage(folder).free < _FULL else ""
        return f"{state.broken} {state.how}{full}", last_lines(folder, state.broken)
    return "its supervisor ended", last_lines(folder, SUPERVISOR)


def failure(name: str, why: str, lines: Sequence[str], hint: str) -> ProgramError:
    """Give the error that tells why a cluster cannot be used, with what its part printed last."""
    return ProgramError(f"cluster {name}: {why}", log=lines, hint=hint)


def last_lines(folder: Path, part: str) -> tuple[str, ...]:
    """Give the last five lines that a part printed."""
    try:
        with (folder / f"{part}.log").open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - _LOG_END, 0))
            lines = log.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(line for line in lines if line.strip())[-5:]


def empty(folder: Path) -> None:
    """Remove everything of a cluster but its lock, which the caller holds."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def end(folder: Path, lock: int, *, by_itself: bool = False) -> None:
    """Kill what lives of a cluster and remove its folder, unless it is another's by then.

    One that is about to end by itself is left some time for that: killed while it removes the
    folder, it would leave the rest of that, without the lock that says whose it is. Raises
    ProgramError where all of it takes too long.
    """
    begun = time.monotonic()
    patience = _OWN_SECONDS if by_itself else 0.0
    while not is_free(lock):
        if time.monotonic() >= begun + patience:
            _kill_supervisor(folder, lock)
        if time.monotonic() >= begun + _END_SECONDS:
            raise ProgramError(f"cluster {folder.name} does not end", place=Place(str(folder)))
        time.sleep(_POLL)
    if is_current(lock, folder):
        shutil.rmtree(folder)


def _kill_supervisor(folder: Path, lock: int) -> None:
    """Kill the process that the parts die with."""
    state = read_state(folder)
    # Whose lock is still there after its state was read, its state was that.
    if state is None or not is_current(lock, folder):
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
