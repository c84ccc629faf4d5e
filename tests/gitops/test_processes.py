"""What a test started does not outlive it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleetcopy import ROOT
from gitops.processes import processes_in

SLEEP = Path("/bin/sleep")
HOLD = """
import pathlib, sys
from gitops.processes import processes_in
with processes_in(pathlib.Path(sys.argv[1])) as processes:
    processes.start(pathlib.Path("/bin/sleep"), "600", environment={})
    print(processes.ids()["sleep"], flush=True)
    sys.stdin.read()
"""


def lives(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def wait_until_ended(process: int) -> None:
    deadline = time.monotonic() + 10
    while lives(process):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def fail_meanwhile(folder: Path) -> None:
    with processes_in(folder) as processes:
        processes.start(SLEEP, "600", environment={})
        processes.assert_running()
        pytest.fail(str(processes.ids()["sleep"]))


def test_a_failing_test_ends_them(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        fail_meanwhile(tmp_path)
    assert not lives(int(str(failed.value)))


def test_a_killed_test_ends_them(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    process = int(holder.stdout.readline())
    assert lives(process)
    holder.kill()
    holder.communicate()
    wait_until_ended(process)


def test_one_that_ended_is_told_with_its_last_words(tmp_path: Path) -> None:
    with processes_in(tmp_path) as processes:
        processes.start(Path("/bin/ls"), "/nowhere", environment={})
        wait_until_ended(processes.ids()["ls"])
        with pytest.raises(AssertionError, match="No such file"):
            processes.assert_running()
