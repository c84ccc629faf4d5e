"""fleetops on a real terminal, and what is seen there."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import termios
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from fleetcopy import ENVIRONMENT, FLEETOPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetcopy import FleetCopy

ROWS, COLUMNS = 24, 40
_SECONDS = 90
# The terminal becomes the one whose Ctrl-C the command is sent.
_TAKE = """
import fcntl, os, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass
class Terminal:
    """A terminal that a command has as stdin and stderr; its stdout goes elsewhere."""

    process: subprocess.Popen[str]
    master: int
    written: bytes = field(default=b"")

    @classmethod
    @contextlib.contextmanager
    def running(cls, fleet: FleetCopy, *words: str, **environment: str) -> Iterator[Self]:
        master, slave = os.openpty()
        termios.tcsetwinsize(slave, (ROWS, COLUMNS))
        own = {"TERM": "xterm", "TMPDIR": str(fleet.root.parent / "tmp")}
        with subprocess.Popen(
            [sys.executable, "-c", _TAKE, str(FLEETOPS), *words],
            cwd=fleet.root,
            env=ENVIRONMENT | own | environment,
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            text=True,
            start_new_session=True,
        ) as process:
            os.close(slave)
            try:
                yield cls(process, master)
            finally:
                process.kill()
                os.close(master)

    def wait_for(self, text: bytes) -> None:
        """Read on until it is there."""
        while text not in self.written:
            assert self._read(), self.written

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> tuple[int, str]:
        """Wait for the end; give the exit code, and what was printed on stdout."""
        while self._read():
            pass
        out, _ = self.process.communicate(timeout=_SECONDS)
        return self.process.returncode, out

    def _read(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], _SECONDS)
        assert ready, self.written
        try:
            chunk = os.read(self.master, 65536)
        except OSError:
            # Nobody has it open any more.
            return False
        self.written += chunk
        return bool(chunk)

    @property
    def lines(self) -> list[str]:
        """The lines that can be read on it now."""
        lines, at = [""], 0
        for part in re.findall(r"\x1b\[K|[\r\n]|[^\x1b\r\n]+|.", self.written.decode()):
            match part:
                case "\x1b[K":
                    lines[-1] = lines[-1][:at]
                case "\r":
                    at = 0
                case "\n":
                    lines.append("")
                case _:
                    lines[-1] = lines[-1][:at] + part + lines[-1][at + len(part) :]
                    at += len(part)
        return lines
