"""A user of throwaway clusters, and what runs and lies about for that user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from fleetops.api.schemas import schema
from fleetops.programs.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 120.0
PARTS = [
    "supervisor",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
]


class Home:
    """A user with the machine's programs and no cluster yet, and fleetops run for that user."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repository"
        self.repository.mkdir()
        cache = linked_programs(folder / "cache")
        self.clusters = cache / "clusters"
        self.environment = {"XDG_CACHE_HOME": str(cache.parent)}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "fleetops", "-C", self.repository, "cluster", *words],
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0) -> str:
        """Run it, and give what it says: the result, or why there is none."""
        process = self.start(*words)
        out, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == code, (out, err)
        assert "Traceback" not in err
        return err if code else out

    def ask(self, *words: str) -> list[dict[str, Any]]:
        """Run it with --output json, and give the clusters that it tells of."""
        result = json.loads(self.run(*words, "--output", "json"))
        jsonschema.validate(result, schema("cluster"))
        return list(result["clusters"])

    def starting(self, part: str, *words: str) -> subprocess.Popen[str]:
        """Start to start a cluster, and wait until a part of it is there."""
        process = self.start("up", *words)
        wait(lambda: any(part in line for line in processes_in(self.clusters).values()), part)
        return process

    def assert_nothing_left(self) -> None:
        wait(lambda: not processes_in(self.clusters), "processes are left")
        wait(lambda: not self.clusters.exists() or not any(self.clusters.iterdir()), "files are")


def linked_programs(cache: Path) -> Path:
    """Make a user's cache that has the machine's programs and nothing else; give fleetops' own."""
    own = cache / "fleetops"
    own.mkdir(parents=True)
    programs = cache_folder(own)
    programs.mkdir(parents=True, exist_ok=True)
    (own / "programs").symlink_to(programs)
    return own


def wait(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def processes_in(folder: Path) -> dict[int, str]:
    """Find the processes that work in a folder, and their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
    return found
