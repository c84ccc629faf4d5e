"""What a test started does not outlive it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleetcopy import ROOT
from gitops.enclosed import LOOPBACK, enclosed
from gitops.processes import processes_in

SLEEP = Path("/bin/sleep")
HOLD = """
import pathlib, sys
from gitops.enclosed import enclosed
from gitops.processes import processes_in
with processes_in(pathlib.Path(sys.argv[1])) as processes:
    before = enclosed(*map(int, sys.argv[2:])) if sys.argv[2:] else ()
    processes.start(pathlib.Path("/bin/sleep"), "600", environment={}, before=before)
    print(processes.ids()["sleep"], flush=True)
    sys.stdin.read()
"""
# Listens on every address, and asks what is outside.
ASK = """
import pathlib, socket, sys
own = socket.create_server(("0.0.0.0", 0))
asked = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
asked.sendall(b"%d" % own.getsockname()[1])
pathlib.Path("answer").write_bytes(asked.recv(10))
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


@pytest.mark.parametrize("ports", [(), ("1", "2")], ids=["open", "enclosed"])
def test_a_killed_test_ends_them(tmp_path: Path, ports: tuple[str, ...]) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path, *ports],
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


def test_an_enclosed_one_reaches_the_ports_given_and_is_reached_by_nobody(tmp_path: Path) -> None:
    python = Path(sys.executable)
    with socket.create_server((LOOPBACK, 0)) as outside, processes_in(tmp_path) as processes:
        outside.settimeout(10)
        port = outside.getsockname()[1]
        before = enclosed(port)
        processes.start(python, "-c", ASK, str(port), environment={}, before=before)
        connection, _ = outside.accept()
        with connection:
            own = int(connection.recv(10))
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((LOOPBACK, own))
            connection.sendall(b"heard")
        wait_until_ended(processes.ids()[python.name])
    assert (tmp_path / "answer").read_text() == "heard"
