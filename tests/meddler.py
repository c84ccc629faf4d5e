"""Runs a program, and a script of somebody else's before its n-th call that changes a file.

    python meddler.py FOLDER N SCRIPT COMMAND…

The script is run by a shell in the folder. The exit code is that of the program. What the program
says on stderr comes there, and on stdout the calls, as JSON: each its name and the file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tracing import trace

if TYPE_CHECKING:
    from tracing import Stop


def main(folder: str, number: str, script: str, *command: str) -> int:
    """Run the command, and the script before the call of that number, counted from 0."""
    calls: list[tuple[str, str]] = []

    def stopped(stop: Stop) -> None:
        calls.append((stop.call, stop.path))
        if stop.number == int(number):
            subprocess.run(["/bin/sh", "-euc", script], cwd=folder, check=True)

    code = trace(folder, command, stopped)
    sys.stdout.write(json.dumps(calls))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
