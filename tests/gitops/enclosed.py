"""Run a program where only a few ports of this machine's loopback are seen.

    python enclosed.py PORT [PORT]… PROGRAM [ARGUMENT]…

The program has a network of its own, with a loopback and nothing else: what it
binds to every address is seen by nobody. In it the ports given listen, and what
connects to them is led on to the same ports outside.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Join = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOOPBACK: Final = "127.0.0.1"
# Of sched.h, linux/prctl.h, linux/sockios.h and linux/if.h.
CLONE_NEWUSER, CLONE_NEWNET, PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
CHUNK: Final = 1 << 16


def enclosed(*ports: int) -> tuple[str, ...]:
    """Give what stands before the path and the arguments of a program to run it so."""
    return (sys.executable, "-I", "-S", str(Path(__file__)), *map(str, ports))


def main(words: list[str]) -> None:
    count = next(number for number, word in enumerate(words) if not word.isdecimal())
    ports = [int(word) for word in words[:count]]
    inside, outside = socket.socketpair()
    if os.fork() == 0:
        inside.close()
        asyncio.run(lead_on(outside, ports))
        return
    outside.close()
    listening = [listen.detach() for listen in listen_inside(ports)]
    socket.send_fds(inside, [b"."], listening)
    for listen in listening:
        os.close(listen)
    # Its end ends what leads on.
    inside.set_inheritable(True)
    os.execv(words[count], words[count:])  # noqa: S606


def listen_inside(ports: list[int]) -> list[socket.socket]:
    """Go into a network of our own, and give what listens in it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network of its own can be had")
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    return [socket.create_server((LOOPBACK, port)) for port in ports]


async def lead_on(inside: socket.socket, ports: list[int]) -> None:
    """Take what listens inside, and serve it until the program has ended."""
    _, listening, _, _ = socket.recv_fds(inside, 1, len(ports))
    for port, listen in zip(ports, listening, strict=True):
        await asyncio.start_server(joined_to(port), sock=socket.socket(fileno=listen))
    inside.settimeout(0)
    await asyncio.get_running_loop().sock_recv(inside, 1)


def joined_to(port: int) -> Join:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, ours), copy(theirs, writer))

    return join


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1:])
