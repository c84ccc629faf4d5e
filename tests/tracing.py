"""Stops a program, with all that it starts, before each of its calls that changes a file.

The calls that count are those of the whole tree of processes that change something in a folder. The
kernel stops the processes before such a call (seccomp and ptrace), so no call is missed and nothing
has to be installed. It waits for every child, so it is for scripts that have no others.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long

# linux/ptrace.h, linux/prctl.h, linux/seccomp.h, linux/filter.h
_TRACEME, _CONT, _SETOPTIONS, _SYSCALL_INFO = 0, 7, 0x4200, 0x420E
_OPTIONS: Final = 0x2 | 0x4 | 0x8 | 0x80 | 0x100000  # fork, vfork, clone, seccomp, exitkill
_EVENT_SECCOMP: Final = 7
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_RET_TRACE, _RET_ALLOW = 0x7FF00000, 0x7FFF0000
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_WALL: Final = 0x40000000
_AT_FDCWD: Final = -100


class Call(NamedTuple):
    """A system call: its numbers, and where its arguments say what it changes."""

    x86_64: int | None
    aarch64: int | None
    places: tuple[tuple[int | None, int | None], ...]
    """Arguments with a folder's descriptor, or a file's where there is none with a path."""
    flags: int | None = None
    """The argument that says whether it writes."""


_AT, _PLAIN, _FILE = ((0, 1),), ((None, 0),), ((0, None),)
CALLS: Final = {
    "write": Call(1, 64, _FILE),
    "pwrite64": Call(18, 68, _FILE),
    "writev": Call(20, 66, _FILE),
    "ftruncate": Call(77, 46, _FILE),
    "fsync": Call(74, 82, _FILE),
    "fdatasync": Call(75, 83, _FILE),
    "fchmod": Call(91, 52, _FILE),
    "open": Call(2, None, _PLAIN, 1),
    "openat": Call(257, 56, _AT, 2),
    "creat": Call(85, None, _PLAIN),
    "truncate": Call(76, 45, _PLAIN),
    "rename": Call(82, None, ((None, 0), (None, 1))),
    "renameat": Call(264, 38, ((0, 1), (2, 3))),
    "renameat2": Call(316, 276, ((0, 1), (2, 3))),
    "link": Call(86, None, ((None, 0), (None, 1))),
    "linkat": Call(265, 37, ((0, 1), (2, 3))),
    "symlink": Call(88, None, ((None, 1),)),
    "symlinkat": Call(266, 36, ((1, 2),)),
    "unlink": Call(87, None, _PLAIN),
    "unlinkat": Call(263, 35, _AT),
    "mkdir": Call(83, None, _PLAIN),
    "mkdirat": Call(258, 34, _AT),
    "rmdir": Call(84, None, _PLAIN),
    "chmod": Call(90, None, _PLAIN),
    "fchmodat": Call(268, 53, _AT),
}
NAMES: Final = {
    number: name
    for name, call in CALLS.items()
    if (number := getattr(call, platform.machine())) is not None
}


class _Info(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_uint8),
        ("pad", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("instruction", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_int64 * 6),
        ("data", ctypes.c_uint32),
    )


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("true", ctypes.c_uint8),
        ("false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


class Stop(NamedTuple):
    """A process that is about to change something."""

    number: int
    """Of the call, counted from 0."""
    program: str
    call: str
    path: str
    """In the folder."""
    leader: int
    processes: AbstractSet[int]
    """All that run, the leader among them."""


def trace(folder: str, command: Sequence[str], stopped: Callable[[Stop], None]) -> int:
    """Run a command, and tell of each call before it is made; give the command's exit code."""
    leader = os.fork()
    if leader == 0:
        _become(command)
    os.waitpid(leader, 0)
    _ptrace(_SETOPTIONS, leader, _OPTIONS)
    known = {leader}
    number, code = 0, 0
    _ptrace(_CONT, leader, 0)
    while known:
        process, status = os.waitpid(-1, _WALL)
        if not os.WIFSTOPPED(status):
            known.discard(process)
            code = os.waitstatus_to_exitcode(status) if process == leader else code
            continue
        send = os.WSTOPSIG(status)
        if process not in known or send == signal.SIGTRAP:
            # A new one stops before its first step.
            send = 0
        known.add(process)
        if status >> 16 == _EVENT_SECCOMP and (described := _described(process, folder)):
            stopped(Stop(number, *described, leader, known))
            number += 1
        _ptrace(_CONT, process, send)
    return code


def _become(command: Sequence[str]) -> None:
    _ptrace(_TRACEME, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    last = len(NAMES)
    rows = [(_LOAD, 0, 0, 0)]
    rows += [(_JUMP_EQUAL, last - at, 0, number) for at, number in enumerate(NAMES)]
    rows += [(_RETURN, 0, 0, _RET_ALLOW), (_RETURN, 0, 0, _RET_TRACE)]
    program = (_Instruction * len(rows))(*(_Instruction(*row) for row in rows))
    _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if _LIBC.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(_Filter(len(rows), program)), 0, 0):
        os._exit(99)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    os.execv(command[0], list(command))  # noqa: S606 - it is this process that is traced


def _described(process: int, folder: str) -> tuple[str, str, str] | None:
    """Describe the call that a process is about to make, if it changes something in the folder."""
    info = _Info()
    _ptrace(_SYSCALL_INFO, process, ctypes.sizeof(info), ctypes.byref(info))
    name = NAMES[info.number]
    call = CALLS[name]
    if call.flags is not None and not info.arguments[call.flags] & (
        os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    ):
        return None
    paths = [_path(process, info.arguments, place) for place in call.places]
    for path in paths:
        if path.startswith(f"{folder}/"):
            program = Path(f"/proc/{process}/comm").read_text().strip()
            return program, name, path.removeprefix(f"{folder}/")
    return None


def _path(process: int, arguments: Any, place: tuple[int | None, int | None]) -> str:  # noqa: ANN401
    descriptor, text = place
    if text is None:
        return str(Path(f"/proc/{process}/fd/{arguments[descriptor]}").readlink())
    written = _text(process, arguments[text])
    at = "cwd"
    if descriptor is not None and ctypes.c_int(arguments[descriptor]).value != _AT_FDCWD:
        at = f"fd/{arguments[descriptor]}"
    start = "" if written.startswith("/") else str(Path(f"/proc/{process}/{at}").readlink())
    return os.path.normpath(os.path.join(start, written))  # noqa: PTH118


def _text(process: int, address: int) -> str:
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        content = b""
        # A text may stand at the end of what can be read.
        while b"\0" not in content:
            content += memory.read(min(256, 4096 - (address + len(content)) % 4096))
    return os.fsdecode(content.partition(b"\0")[0])


def _ptrace(request: int, process: int, *values: Any) -> None:  # noqa: ANN401
    address, data = (0, *values) if len(values) == 1 else values
    if request in {_SETOPTIONS, _CONT}:
        address, data = 0, values[0]
    if _LIBC.ptrace(request, process, address, data) < 0 and ctypes.get_errno() != 3:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")
