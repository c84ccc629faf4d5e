"""Runs a program and kills it, with all that it started, before its n-th call that changes a file.

    python killer.py FOLDER N all|leader COMMAND…

With `leader`, only the program itself is killed, and what it started goes on. It prints the calls
as JSON, each with the program's name, the call and the file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from tracing import trace

if TYPE_CHECKING:
    from tracing import Stop


def main(folder: str, number: str, whom: str, *command: str) -> None:
    """Run the command, and kill it before the call of that number, counted from 0."""
    calls: list[tuple[str, str, str]] = []

    def stopped(stop: Stop) -> None:
        calls.append((stop.program, stop.call, stop.path))
        if stop.number == int(number):
            for one in {stop.leader} if whom == "leader" else stop.processes:
                os.kill(one, signal.SIGKILL)

    trace(folder, command, stopped)
    sys.stdout.write(json.dumps(calls))


if __name__ == "__main__":
    main(*sys.argv[1:])
