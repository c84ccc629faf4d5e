"""Whatever breaks under a rehearsal, it ends with a clear word, and nothing is left or changed."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusterhome import PARTS, TIMEOUT, processes_in, wait
from disturbed import (
    AS_IT_IS,
    AS_IT_WOULD_BE,
    OBJECTS,
    REHEARSE,
    how,
    process_of,
    started,
    until,
)
from fleetops.cluster import folders

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from clusterhome import Home
    from fleetcopy import FleetCopy
    from smallfleet import SmallFleet

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("cluster_programs")]

MIB = 1024 * 1024
LARGE = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: large-{number}
  namespace: shop
data: {{text: {text}}}
"""
# Both in namespaces of their own, where it needs no rights to have a small disk or few ports.
SMALL_DISK = 'mkdir "$1" && mount -t tmpfs -o size="$2"m none "$1" && shift 2 && exec "$@"'
FEW_PORTS = """
ip link set lo up && echo "40000 $1" > /proc/sys/net/ipv4/ip_local_port_range && shift && exec "$@"
"""
PORT_TAKEN = """
import os, socket, sys
held = socket.create_server(("127.0.0.1", 40000))
held.set_inheritable(True)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def small(small: SmallFleet) -> SmallFleet:
    """Give a small fleet with something of everything that is waited for."""
    small.objects(OBJECTS)
    return small


def assert_told(fleet: FleetCopy, process: subprocess.Popen[str], words: str) -> None:
    """See that fleetops ends with one message, and no result."""
    done = fleet.end(process)
    assert (done.code, done.out) == (3, ""), done
    (told,) = (line for line in done.err.splitlines() if line.startswith("fleetops: "))
    assert words in told
    assert done.err.splitlines()[-1].startswith("  nothing of it is left")


@pytest.mark.parametrize(
    ("part", "moment"),
    [
        *((part, AS_IT_IS) for part in PARTS),
        *((part, AS_IT_WOULD_BE) for part in ("kube-apiserver", "kube-controller-manager")),
        *((part, None) for part in ("supervisor", "etcd")),
    ],
)
def test_a_killed_part_is_told_and_is_no_fault_of_the_promotion(
    small: SmallFleet, home: Home, part: str, moment: str | None
) -> None:
    with started(small, home, *REHEARSE) as process:
        if moment is not None:
            until(process, moment)
        os.kill(process_of(home, part), signal.SIGKILL)
        assert_told(small, process, f": {how(part)}")
        assert not any(home.clusters.iterdir())
        assert processes_in(home.clusters) == {}


@pytest.mark.parametrize("number", range(3))
def test_a_part_may_be_killed_at_any_moment(small: SmallFleet, home: Home, number: int) -> None:
    chance = random.Random(number)  # noqa: S311
    part, seconds = chance.choice(PARTS), chance.uniform(0, 1)
    with started(small, home, *REHEARSE) as process:
        until(process, AS_IT_IS)
        killed = process_of(home, part)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(killed, signal.SIGKILL)
        done = small.end(process)
        # Either it was over by then, or it is told; it is never a finding.
        assert (done.code, how(part) in done.err) in {(0, False), (3, True)}, (part, seconds, done)
        assert not any(home.clusters.iterdir())
        assert processes_in(home.clusters) == {}


@pytest.mark.parametrize("part", ["etcd", "kube-apiserver"])
def test_an_api_server_that_hangs_is_not_waited_for_for_ever(
    small: SmallFleet, home: Home, part: str
) -> None:
    with started(small, home, *REHEARSE) as process:
        until(process, AS_IT_WOULD_BE)
        os.kill(process_of(home, part), signal.SIGSTOP)
        start = time.monotonic()
        assert_told(small, process, "the API server does not answer: ")
        assert time.monotonic() - start < 30
        assert processes_in(home.clusters) == {}


def test_a_supervisor_that_hangs_is_ended_all_the_same(small: SmallFleet, home: Home) -> None:
    with started(small, home, *REHEARSE) as process:
        until(process, AS_IT_IS)
        os.kill(process_of(home, "supervisor"), signal.SIGSTOP)
        assert small.end(process).code == 0
        assert not any(home.clusters.iterdir())
        assert processes_in(home.clusters) == {}


@pytest.mark.parametrize("part", ["etcd", "kube-apiserver"])
def test_of_a_given_cluster_that_is_fleetops_own_it_is_told_why_it_ended(
    small: SmallFleet, home: Home, part: str
) -> None:
    (up,) = home.ask("up", "--name=mine")
    with started(small, home, *REHEARSE, f"--kubeconfig={up['kubeconfig']}") as process:
        until(process, AS_IT_IS)
        os.kill(process_of(home, part), signal.SIGKILL)
        done = small.end(process)
    assert (done.code, done.out) == (3, "")
    assert f"fleetops: cluster mine: {how(part)}\n" in done.err
    assert done.err.endswith("  fleetops cluster down --name mine removes it\n")


def test_an_etcd_that_cannot_write_any_more_is_told_in_its_words(
    small: SmallFleet, home: Home
) -> None:
    with started(small, home, *REHEARSE) as process:
        until(process, AS_IT_IS)
        (log,) = home.clusters.glob("*/etcd.log")
        limit = log.stat().st_size + 16 * 1024
        resource.prlimit(process_of(home, "etcd"), resource.RLIMIT_FSIZE, (limit, limit))
        done = small.end(process)
    assert (done.code, done.out) == (3, "")
    assert ": etcd ended with exit code " in done.err
    assert "file too large" in done.err
    home.assert_nothing_left()


def apart(script: str, *words: object) -> tuple[str, ...]:
    """Give a command that runs another in namespaces of its own, once the script has run."""
    unshare = ("unshare", "--map-root-user", "--mount", "--net")
    return (*unshare, "sh", "-c", script, "sh", *map(str, words))


def test_on_a_small_disk_nothing_is_started(small: SmallFleet, home: Home) -> None:
    disk = apart(SMALL_DISK, home.clusters, 100)
    with started(small, home, *REHEARSE, before=disk) as process:
        done = small.end(process)
    assert (done.code, done.out) == (3, "")
    assert "only 100 MiB are free there, and a cluster takes 256\n  make room" in done.err


def test_a_disk_that_fills_meanwhile_is_told(small: SmallFleet, home: Home) -> None:
    for number in range(14):
        text = LARGE.format(number=number, text="x" * 512 * 1024)
        small.append("overlays/one/objects.yaml", text)
    disk = apart(f"ip link set lo up && {SMALL_DISK}", home.clusters, 300)
    with started(small, home, *REHEARSE, before=disk) as process:
        until(process, AS_IT_IS)
        # The disk is seen by that process and its children only.
        clusters = Path(f"/proc/{process.pid}/root{home.clusters}")
        (folder,) = clusters.iterdir()
        state = folders.read_state(folder)
        with suppress(OSError), (clusters / "filler").open("wb", buffering=0) as filler:
            while filler.write(bytes(MIB // 16)):
                pass
        done = small.end(process)
    assert (done.code, done.out) == (3, "")
    assert ": etcd ended with exit code 1, and the disk is full\n" in done.err
    assert state is not None
    every = (state.supervisor, *state.parts.values())
    wait(lambda: not any(Path(f"/proc/{one}").exists() for one in every), "processes are left")


def test_few_ports_are_enough_and_with_none_nothing_is_started(
    small: SmallFleet, home: Home
) -> None:
    with started(small, home, *REHEARSE, before=apart(FEW_PORTS, 40063)) as process:
        done = small.end(process)
    assert done.code == 0, done.err
    taken = (*apart(FEW_PORTS, 40000), sys.executable, "-c", PORT_TAKEN)
    with started(small, home, *REHEARSE, before=taken) as process:
        done = small.end(process)
    assert (done.code, done.out) == (3, "")
    assert "fleetops: no port of 127.0.0.1 can be had: Address already in use\n" in done.err
    home.assert_nothing_left()


def test_on_a_slow_machine_a_rehearsal_takes_its_time(fleet: FleetCopy, home: Home) -> None:
    with started(fleet, home, "rehearse", "release3", "--env=aws") as process:
        with slowed(home, process.pid):
            process.wait(TIMEOUT)
        done = fleet.end(process)
    assert done.code == 0, done.err


@contextmanager
def slowed(home: Home, process: int) -> Iterator[None]:
    """Let a process and those of all clusters run for a quarter of the time only."""
    over = threading.Event()

    def slow() -> None:
        every = {process}
        while not over.is_set():
            send(signal.SIGSTOP, every)
            stopped, start = every, time.monotonic()
            # Looking for them takes its time too.
            every = {process, *processes_in(home.clusters)}
            time.sleep(max(start + 0.03 - time.monotonic(), 0))
            send(signal.SIGCONT, stopped)
            time.sleep((time.monotonic() - start) / 3)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def send(number: signal.Signals, processes: set[int]) -> None:
    for one in processes:
        with suppress(ProcessLookupError):
            os.kill(one, number)
