"""Programs that run beside a test and end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TAIL: Final = 4000
# Becomes the program, which the kernel kills with the thread that started it.
BOUND: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("whoever started this has ended")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Processes:
    """Programs whose output is kept, each in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        program: Path,
        *arguments: str,
        environment: Mapping[str, str],
        before: tuple[str, ...] = (),
    ) -> None:
        """Start a program in the folder; it is known by the name of its file.

        What stands before it becomes it.
        """
        words = (*before, str(program), *arguments)
        with self.log(program.name).open("wb") as log:
            self._running[program.name] = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", BOUND, str(os.getpid()), *words],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def ids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def assert_running(self) -> None:
        ended = [name for name, process in self._running.items() if process.poll() is not None]
        assert not ended, f"{ended} ended\n{self.tails()}"

    def tails(self) -> str:
        """Give the end of what each printed."""
        return "\n".join(
            f"--- {name}\n{self.log(name).read_bytes()[-TAIL:].decode(errors='replace')}"
            for name in self._running
        )

    def end(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                # What it started is in its group.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def processes_in(folder: Path) -> Iterator[Processes]:
    """Give what starts processes that do not outlive the block."""
    processes = Processes(folder)
    try:
        yield processes
    finally:
        processes.end()
