"""Whole processes, and what they take: as a user has them, with what Python compiled."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parent.parent
FLEETOPS = str(Path(sys.executable).with_name("fleetops"))
TEMPLATE = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"


class Cost(NamedTuple):
    """What a run took, with all that it started."""

    seconds: float
    cpu: float
    memory: int
    """KiB, of its largest process."""


def environment(cache: Path) -> dict[str, str]:
    """Give the environment of a user with that cache."""
    # Nobody has Python compile its modules anew for each call.
    kept = {name: word for name, word in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"XDG_CACHE_HOME": str(cache)}


def cost(words: list[str], folder: Path, cache: Path) -> Cost:
    """Run a command to its end, which has to be a good one."""
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, env=environment(cache), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{words} ended with {process.returncode}")
    return Cost(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss)


def bash(line: str) -> list[str]:
    """Give a line of the shell that ends where a part of it fails."""
    return ["bash", "-euo", "pipefail", "-c", line]
