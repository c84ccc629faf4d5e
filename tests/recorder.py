"""Runs a program, and takes down a folder before each of its calls that changes a file in it.

    python recorder.py FOLDER COMMAND…

It prints JSON: for each call its name, the file, and all that is in the folder before it. The last
entry, of no call, has what is there in the end.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tracing import trace

if TYPE_CHECKING:
    from tracing import Stop

Tree = dict[str, tuple[int, str | None]]
"""By path: the number of the inode, and the content, each byte as one character; None for a folder.
"""


def main(folder: str, *command: str) -> int:
    """Run the command; give its exit code."""
    moments: list[tuple[str, str, Tree]] = []

    def stopped(stop: Stop) -> None:
        moments.append((stop.call, stop.path, _tree(Path(folder))))

    code = trace(folder, command, stopped)
    moments.append(("", "", _tree(Path(folder))))
    sys.stdout.write(json.dumps(moments))
    return code


def _tree(top: Path) -> Tree:
    return {
        str(path.relative_to(top)): (
            path.stat().st_ino,
            None if path.is_dir() else path.read_bytes().decode("latin-1"),
        )
        for path in (top, *sorted(top.rglob("*")))
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
