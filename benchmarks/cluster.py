"""How long a throwaway cluster takes to be ready, and what memory its parts hold then."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from fleetops.api.cluster import down, status
from fleetops.api.doctor import install

REPOSITORY = Path(__file__).parent.parent
NAME = "benchmark"
ROUNDS = 5
SECONDS_ASKED = 10.0
MIB_ASKED = 1024


def measure() -> tuple[float, dict[str, int]]:
    """Start and end a cluster; give the seconds of the whole command, and bytes by part."""
    words = ("cluster", "up", "--name", NAME)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "fleetops", "-C", REPOSITORY, *words],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - start
    (cluster,) = (one for one in status(REPOSITORY).clusters if one.name == NAME)
    down(REPOSITORY, NAME)
    return seconds, {part.name: part.memory for part in cluster.parts}


def main() -> int:
    """Print the table; exit code 1 if what is asked is not reached."""
    install(REPOSITORY, print, cluster=True)
    down(REPOSITORY, NAME)
    rounds = [measure() for _ in range(ROUNDS)]
    seconds = statistics.median(taken for taken, _ in rounds)
    memory = {
        part: statistics.median(parts[part] for _, parts in rounds) / 2**20 for part in rounds[0][1]
    }
    for part, mib in memory.items():
        print(f"{part:24}{mib:8.0f} MiB")
    total = sum(memory.values())
    print(f"{'all parts':24}{total:8.0f} MiB, asked {MIB_ASKED}")
    print(f"{'ready':24}{seconds:8.1f} s, asked {SECONDS_ASKED:g}")
    return 1 if total > MIB_ASKED or seconds > SECONDS_ASKED else 0


if __name__ == "__main__":
    sys.exit(main())
