"""The process that the parts of a cluster live and die with.

It is run as a file, by itself, with nothing but the standard library: fleetops may be long gone
while a cluster is up. Lines of JSON on its standard input say what to do:

    ["start", name, [program, argument…]]    start a part, with its output in <name>.log
    ["ready"]                                note that the cluster can be used
    ["keep"]                                 live on when the input ends

When the input ends without that, because whoever wrote it has ended in whatever way, the parts are
killed and the folder is removed. When a part ends, the others are killed and the folder stays, with
the reason in state.json. When this process is killed, the kernel kills the parts.

Every part inherits the lock, so that it is held as long as anything of the cluster lives.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL = 1
_STATE_BYTES = 4096


class Supervisor:
    """The parts, and the state that others read in state.json."""

    def __init__(self, folder: Path, lock: int, port: int) -> None:
        self._folder = folder
        self._lock = lock
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(0, selectors.EVENT_READ)
        self._file = os.open(folder / "state.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._state: dict[str, object] = {"supervisor": os.getpid(), "port": port}
        self._note()

    def run(self) -> None:
        """Do as told until there is no more reason to live."""
        told = b""
        while True:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._broken(key.data)
                    return
                chunk = os.read(0, 65536)
                if not chunk and not self._state.get("kept"):
                    self._kill()
                    shutil.rmtree(self._folder, ignore_errors=True)
                    return
                if not chunk:
                    self._selector.unregister(0)
                *lines, told = (told + chunk).split(b"\n")
                for line in lines:
                    self._obey(*json.loads(line))

    def _obey(self, word: str, name: str = "", arguments: tuple[str, ...] = ()) -> None:
        if word == "start":
            self._start(name, arguments)
        else:
            self._note(**{{"ready": "ready", "keep": "kept"}[word]: True})

    def _start(self, name: str, arguments: tuple[str, ...]) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            part = subprocess.Popen(
                arguments,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self._lock,),
                # There is only one thread.
                preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509
            )
        self._parts[name] = part
        self._selector.register(os.pidfd_open(part.pid), selectors.EVENT_READ, name)
        self._note(parts={name: part.pid for name, part in self._parts.items()})

    def _broken(self, name: str) -> None:
        code = self._parts[name].wait()
        how = f"ended with exit code {code}" if code >= 0 else f"was killed by signal {-code}"
        # First, for whoever misses the API server then looks why.
        self._note(broken=name, how=how)
        self._kill()

    def _kill(self) -> None:
        for part in self._parts.values():
            part.kill()
        for part in self._parts.values():
            part.wait()

    def _note(self, **news: object) -> None:
        """Write the state over the old one, in its blocks: it has to fit on a full disk as well."""
        self._state |= news
        with suppress(OSError):
            os.pwrite(self._file, json.dumps(self._state).encode().ljust(_STATE_BYTES), 0)


def die_with(parent: int) -> None:
    """Have the kernel kill this process, a new child, when its parent ends; Linux can.

    The parent may have ended already: then there is another one by now.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Live on as nobody's child, for whoever starts it may not wait for its end."""
    folder, lock, port = sys.argv[1:]
    if os.fork() == 0:
        Supervisor(Path(folder), int(lock), int(port)).run()


if __name__ == "__main__":
    main()
