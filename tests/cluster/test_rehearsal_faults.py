"""Whatever happens to a rehearsal, it ends with a clear word, and nothing is left or changed."""

from __future__ import annotations

import os
import platform
import random
import resource
import select
import shutil
import signal
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusterhome import PARTS, TIMEOUT, Home, processes_in, wait
from fleetops.cluster import folders, kubectl

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from fleetcopy import FleetCopy
    from fleetops.cluster import Cluster
    from smallfleet import SmallFleet

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("cluster_programs")]

REHEARSE = ("rehearse", "v2", "--env=one")
COMMANDS = {
    "rehearse": REHEARSE,
    "validate": ("validate", "--on-cluster", "overlays/one/web.yaml", "overlays/one/objects.yaml"),
}
AS_IT_IS = "one as it is"
AS_IT_WOULD_BE = "one as it would be"
MIB = 1024 * 1024
OBJECTS = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports:
    - port: 80
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: disk
spec:
  storageClassName: disk
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: /nowhere}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: shop
spec:
  storageClassName: disk
  accessModes: [ReadWriteOnce]
  resources:
    requests: {storage: 1Gi}
"""
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
def home(tmp_path: Path) -> Iterator[Home]:
    """Give a user, of whose clusters nothing stays, however a test ends."""
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home")
    yield home
    home.run("down", "--all")
    home.assert_nothing_left()


@pytest.fixture
def small(small: SmallFleet) -> SmallFleet:
    """Give a small fleet with something of everything that is waited for."""
    small.objects(OBJECTS)
    return small


@contextmanager
def started(
    fleet: FleetCopy, home: Home, *words: str, before: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Start fleetops in the repository, which it does not change, and end it with the block.

    `before` is a command that runs it.
    """
    snapshot = fleet.snapshot()
    process = fleet.start_by(before, *words, **home.environment)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
    assert fleet.snapshot() == snapshot


def until(process: subprocess.Popen[str], words: str) -> None:
    """Wait until a process says something on stderr; the rest is still to be read."""
    assert process.stderr is not None
    said = b""
    while words.encode() not in said:
        readable, _, _ = select.select([process.stderr], [], [], TIMEOUT)
        byte = os.read(process.stderr.fileno(), 1) if readable else b""
        assert byte, said
        said += byte


def end_by(number: signal.Signals, fleet: FleetCopy, process: subprocess.Popen[str]) -> None:
    """End fleetops by a signal; where it can, it cleans up and says so."""
    process.send_signal(number)
    if number != signal.SIGKILL:
        assert fleet.end(process).code == 130
        return
    assert process.wait(TIMEOUT) == -number
    # Its scratch folder is all that it cannot remove any more.
    for scratch in (fleet.root.parent / "tmp").iterdir():
        shutil.rmtree(scratch)


def process_of(home: Home, part: str) -> int:
    """Wait until a part of the one cluster is there, and give its process."""
    found: list[int] = []

    def is_there() -> bool:
        for folder in home.clusters.iterdir() if home.clusters.exists() else ():
            state = folders.read_state(folder)
            if state is not None:
                every = {folders.SUPERVISOR: state.supervisor} | state.parts
                found.extend([every[part]] if part in every else [])
        return bool(found)

    wait(is_there, f"there is no {part}")
    return found[0]


def how(part: str) -> str:
    """Say how a part ended that was killed."""
    return "its supervisor ended" if part == "supervisor" else f"{part} was killed by signal 9"


def assert_told(fleet: FleetCopy, process: subprocess.Popen[str], words: str) -> None:
    """See that fleetops ends with one message, and no result."""
    done = fleet.end(process)
    assert (done.code, done.out) == (3, ""), done
    (told,) = (line for line in done.err.splitlines() if line.startswith("fleetops: "))
    assert words in told
    assert done.err.splitlines()[-1].startswith("  nothing of it is left")


def everything(cluster: Cluster) -> list[str]:
    """List what is in a cluster that could have been left, namespaces that are going not."""
    kinds = "persistentvolumes,persistentvolumeclaims,configmaps,leases,deployments,services"
    found = kubectl(cluster, "get", kinds, "--all-namespaces", "--output=name")
    names = kubectl(cluster, "get", "namespaces", "--field-selector=status.phase=Active", "-oname")
    assert (found.returncode, names.returncode) == (0, 0), found.stderr + names.stderr
    # Every namespace is given one, and it goes with it.
    given = "configmap/kube-root-ca.crt"
    return sorted(one for one in (found.stdout + names.stdout).decode().split() if one != given)


@pytest.mark.parametrize(
    ("part", "moment"),
    [
        *((part, AS_IT_IS) for part in PARTS),
        *((part, AS_IT_WOULD_BE) for part in ("etcd", "kube-apiserver", "kube-controller-manager")),
        *((part, None) for part in PARTS),
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


@pytest.mark.parametrize("number", range(4))
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", [AS_IT_IS, AS_IT_WOULD_BE])
def test_a_throwaway_cluster_ends_with_the_rehearsal(
    small: SmallFleet, home: Home, number: signal.Signals, moment: str
) -> None:
    with started(small, home, *REHEARSE) as process:
        until(process, moment)
        end_by(number, small, process)
    home.assert_nothing_left()


def test_what_a_rehearsal_left_in_the_kept_cluster_is_cleared_by_the_next(
    small: SmallFleet, home: Home
) -> None:
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        with started(small, home, *REHEARSE, "--keep") as process:
            until(process, AS_IT_WOULD_BE)
            end_by(number, small, process)
    done = small.run(*REHEARSE, "--keep", "--output=json", **home.environment)
    assert done.code == 0, done.err
    assert {one["outcome"] for one in done.data["objects"]} == {"unchanged", "changed"}
    os.kill(process_of(home, "kwok"), signal.SIGKILL)
    done = small.run(*REHEARSE, "--keep", **home.environment)
    assert done.code == 0, done.err
    assert "cluster rehearsal is made anew: kwok was killed by signal 9" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_left_in_a_given_cluster_is_cleared_at_once_or_by_the_next(
    small: SmallFleet, home: Home, shared: Cluster, command: str, number: signal.Signals
) -> None:
    there = everything(shared)
    words = (*COMMANDS[command], f"--kubeconfig={shared.kubeconfig}")
    with started(small, home, *words) as process, closing(shared.access.client()) as client:
        wait(lambda: client.get("/api/v1/namespaces/shop") is not None, "nothing is made")
        (proxy,) = children(process.pid)
        end_by(number, small, process)
    if number != signal.SIGKILL:
        wait(lambda: everything(shared) == there, "something is left")
    wait(lambda: not Path(f"/proc/{proxy}").exists(), "kubectl proxy is left")
    if number == signal.SIGKILL:
        assert "lease.coordination.k8s.io/fleetops-rehearsal" in everything(shared)
        done = small.run(*words, **home.environment)
        assert done.code == 0, done
        wait(lambda: everything(shared) == there, "something is left")


def children(process: int) -> list[int]:
    """Give the processes that a process has started and that live."""
    return [
        int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def test_a_proxy_that_is_killed_is_told_and_what_is_left_is_cleared_by_the_next(
    small: SmallFleet, home: Home, shared: Cluster
) -> None:
    there = everything(shared)
    words = (*REHEARSE, f"--kubeconfig={shared.kubeconfig}")
    with started(small, home, *words) as process:
        until(process, AS_IT_WOULD_BE)
        (proxy,) = children(process.pid)
        os.kill(proxy, signal.SIGKILL)
        done = small.end(process)
        assert (done.code, done.out) == (3, "")
        assert "fleetops: kubectl proxy ended, by which the cluster is reached" in done.err
        assert done.err.endswith("\n  try again\n")
    assert small.run(*words, **home.environment).code == 0
    assert everything(shared) == there


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
    with started(small, home, *REHEARSE, before=apart(FEW_PORTS, 40031)) as process:
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


def test_two_rehearsals_at_once_know_nothing_of_each_other(small: SmallFleet, home: Home) -> None:
    with started(small, home, *REHEARSE) as one, started(small, home, *REHEARSE) as two:
        outs = [process.communicate(timeout=TIMEOUT) for process in (one, two)]
        assert [process.returncode for process in (one, two)] == [0, 0], outs
    home.assert_nothing_left()


def test_the_second_on_the_kept_cluster_is_refused_and_does_not_disturb_the_first(
    small: SmallFleet, home: Home
) -> None:
    with started(small, home, *REHEARSE, "--keep") as first:
        until(first, AS_IT_IS)
        first.send_signal(signal.SIGSTOP)
        with started(small, home, *REHEARSE, "--keep") as second:
            _, err = second.communicate(timeout=TIMEOUT)
            assert second.returncode == 1
        assert err == (
            "fleetops: another rehearsal is under way in this cluster, by"
            f" {platform.node()} {first.pid}\n"
            "  wait for its end, or rehearse without --keep and --kubeconfig\n"
        )
        first.send_signal(signal.SIGCONT)
        assert small.end(first).code == 0
