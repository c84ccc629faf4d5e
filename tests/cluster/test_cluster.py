"""The real throwaway Kubernetes: what it can do, who can reach it, and that nothing outlives it."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clusterhome import PARTS, TIMEOUT, processes_in, wait
from fleetops.cluster import kubectl
from widgets import DEFINITION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clusterhome import Home
    from fleetops.cluster import Cluster
    from smallfleet import SmallFleet

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("cluster_programs")]

LISTENS = "0A"
THROWAWAY = """
import pathlib, sys
from fleetops.api.cluster import throwaway
with throwaway(pathlib.Path(sys.argv[1]), "run", 120, print):
    print("ready", flush=True)
    sys.stdin.read()
"""
WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: first, image: example.test/first:1}]
      containers: [{name: web, image: example.test/web:1}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: once, image: example.test/once:1}]
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  storageClassName: local
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: /nowhere}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec:
  storageClassName: local
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
"""


def listening(processes: Iterable[int]) -> set[tuple[str, int]]:
    """Give the addresses and ports on which processes take connections."""
    held = set()
    for process in processes:
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                held.add(str(descriptor.readlink()))
    found = set()
    for file, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENS and f"socket:[{columns[9]}]" in held:
                address, port = columns[1].split(":")
                # Words of four bytes, each in the processor's order.
                packed = struct.pack(
                    f"={len(address) // 8}I",
                    *struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address)),
                )
                found.add((socket.inet_ntop(family, packed), int(port, 16)))
    return found


def answer(cluster: Cluster, *arguments: str, stdin: str = "") -> str:
    """Run kubectl, which has to succeed."""
    completed = kubectl(cluster, *arguments, stdin=stdin.encode())
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.decode()


@pytest.fixture(scope="module")
def cluster(shared: Cluster) -> Cluster:
    """Give a cluster for the tests that only use it."""
    return shared


def test_its_definitions_judge_custom_resources_offline(
    cluster: Cluster, small: SmallFleet
) -> None:
    widget = "apiVersion: example.test/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: one}\n"
    small.write("../definition.yaml", DEFINITION)
    created = kubectl(cluster, "create", f"--filename={small.root.parent / 'definition.yaml'}")
    assert created.returncode == 0, created.stderr
    done = small.run("schema", "crds", "--kubeconfig", str(cluster.kubeconfig))
    assert (done.code, done.err) == (0, "")
    assert "A widget." not in done.out
    small.write("schemas/cluster.json", done.out)
    small.append("fleetops.yaml", "schemas: [schemas]\n")
    small.objects(widget)
    (finding,) = small.json("validate").data["findings"]
    assert (finding["check"], finding["path"]) == ("schema", "spec.size")


def test_node_is_ready_has_room_and_no_taint(cluster: Cluster) -> None:
    (node,) = json.loads(answer(cluster, "get", "nodes", "-o", "json"))["items"]
    ready = [one["status"] for one in node["status"]["conditions"] if one["type"] == "Ready"]
    assert ready == ["True"]
    assert "taints" not in node["spec"]
    assert node["status"]["allocatable"]["pods"] == "10k"
    assert [one["address"] for one in node["status"]["addresses"]] == ["192.0.2.1", "node"]


def test_it_is_the_pinned_kubernetes(cluster: Cluster) -> None:
    said = json.loads(answer(cluster, "version", "-o", "json"))
    assert said["serverVersion"]["gitVersion"] == "v1.37.2"
    assert said["clientVersion"]["gitVersion"] == "v1.37.2"


def test_workloads_roll_out_jobs_succeed_and_claims_are_bound(cluster: Cluster) -> None:
    answer(cluster, "create", "namespace", "work")
    answer(cluster, "-n", "work", "apply", "--server-side", "-f", "-", stdin=WORKLOAD)
    answer(cluster, "-n", "work", "rollout", "status", "deployment/web", "--timeout=30s")
    answer(cluster, "-n", "work", "wait", "job/once", "--for=condition=Complete", "--timeout=30s")
    for what in ("pv/disk", "pvc/claim"):
        answer(cluster, "-n", "work", "wait", what, "--for=jsonpath={.status.phase}=Bound")
    pods = json.loads(answer(cluster, "-n", "work", "get", "pods", "-l", "app=web", "-o", "json"))
    assert len({pod["status"]["podIP"] for pod in pods["items"]}) == 3


def test_what_the_api_server_refuses_is_an_exit_code_and_its_words(cluster: Cluster) -> None:
    arguments = ("create", "service", "nodeport", "web", "--tcp=80", "--node-port=80")
    completed = kubectl(cluster, *arguments)
    assert completed.returncode == 1
    assert b"provided port is not in the valid range" in completed.stderr


def test_only_loopback_is_listened_on_and_one_port(cluster: Cluster) -> None:
    processes = processes_in(cluster.folder)
    assert len(processes) == len(PARTS)
    assert listening(processes) == {("127.0.0.1", cluster.port)}


def test_only_the_user_can_read_anything_of_it(cluster: Cluster) -> None:
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
    # What kubectl remembers of the kinds there are is no secret; the folder keeps it all the same.
    own = [path for path in cluster.folder.rglob("*") if ".kube" not in path.parts]
    assert [path.name for path in own if path.stat().st_mode & 0o077] == []
    assert stat.S_IMODE(cluster.kubeconfig.stat().st_mode) == 0o600


def test_nobody_is_let_in_without_the_token(cluster: Cluster) -> None:
    context = ssl.create_default_context(cafile=str(cluster.folder / "certificates/apiserver.crt"))
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        connection = http.client.HTTPSConnection("127.0.0.1", cluster.port, context=context)
        connection.request("GET", "/readyz", headers=headers)
        assert connection.getresponse().status == http.HTTPStatus.UNAUTHORIZED
        connection.close()


def test_its_port_can_be_had_by_nobody_else(cluster: Cluster) -> None:
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", cluster.port))


def test_up_is_for_reuse_and_down_leaves_nothing(home: Home) -> None:
    (first,) = home.ask("up")
    assert (first["name"], first["state"]) == ("default", "ready")
    assert [part["name"] for part in first["parts"]] == PARTS
    assert all(part["memory"] > 0 for part in first["parts"])
    (again,) = home.ask("up")
    assert (again["server"], again["kubeconfig"]) == (first["server"], first["kubeconfig"])
    assert home.run("kubeconfig") == f"{first['kubeconfig']}\n"
    assert home.run("down") == "ended default\n"
    assert processes_in(home.clusters) == {}
    assert list(home.clusters.iterdir()) == []
    assert home.run("down") == "there is no cluster\n"
    assert home.run("status") == "there is no cluster\n"


def test_two_at_once_know_nothing_of_each_other(home: Home) -> None:
    both = [home.start("up", "--name", name) for name in ("one", "two")]
    for process in both:
        out, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, (out, err)
    one, two = home.ask("status")
    assert (one["name"], one["state"], two["name"], two["state"]) == (
        "one",
        "ready",
        "two",
        "ready",
    )
    assert one["server"] != two["server"]
    contexts = {
        json.loads(Path(each["kubeconfig"]).read_text())["current-context"] for each in (one, two)
    }
    assert contexts == {"fleetops-one", "fleetops-two"}
    assert home.run("down", "--name", "one") == "ended one\n"
    assert [each["state"] for each in home.ask("status")] == ["ready"]


def test_two_that_want_the_same_get_the_same(home: Home) -> None:
    both = [home.start("up", "--output", "json") for _ in range(2)]
    said = [process.communicate(timeout=TIMEOUT)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert (
        said[0] == said[1] or len({json.loads(one)["clusters"][0]["server"] for one in said}) == 1
    )
    assert len(processes_in(home.clusters)) == len(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_ends_the_others_and_is_told(home: Home, part: str) -> None:
    (up,) = home.ask("up")
    (process,) = (one["process"] for one in up["parts"] if one["name"] == part)
    os.kill(process, signal.SIGKILL)
    wait(lambda: not processes_in(home.clusters), "the others live on")
    (broken,) = home.ask("status")
    assert broken["state"] == "broken"
    if part == "supervisor":
        assert broken["note"] == "its supervisor ended"
    else:
        assert broken["note"] == f"{part} was killed by signal 9"
        assert 0 < len(broken["log"]) <= 5
    assert "cluster default is broken" in home.run("kubeconfig", code=3)


def test_a_broken_cluster_is_made_anew(home: Home) -> None:
    (up,) = home.ask("up")
    os.kill(up["parts"][1]["process"], signal.SIGKILL)
    wait(lambda: not processes_in(home.clusters), "the others live on")
    process = home.start("up", "--output", "json")
    out, err = process.communicate(timeout=TIMEOUT)
    assert err == "cluster default is made anew: etcd was killed by signal 9\n"
    (anew,) = json.loads(out)["clusters"]
    assert anew["state"] == "ready"
    assert anew["server"] != up["server"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("part", ["supervisor", "etcd", "kube-apiserver", "kwok"])
def test_who_is_ended_while_starting_leaves_nothing(home: Home, part: str, number: int) -> None:
    process = home.starting(part)
    process.send_signal(number)
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == (-number if number == signal.SIGKILL else 130)
    home.assert_nothing_left()


def test_a_throwaway_ends_with_its_process(home: Home) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", THROWAWAY, home.repository],
        env=os.environ | home.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    (one,) = home.ask("status")
    assert one["name"].startswith("run-")
    process.kill()
    process.communicate()
    home.assert_nothing_left()


def test_what_two_kills_left_is_removed_by_the_next(home: Home) -> None:
    process = home.starting("kube-apiserver", "--name", "killed")
    supervisor = next(
        one for one, line in processes_in(home.clusters).items() if "supervisor.py" in line
    )
    process.kill()
    os.kill(supervisor, signal.SIGKILL)
    process.communicate()
    wait(lambda: not processes_in(home.clusters), "processes are left")
    home.ask("up")
    assert [one["name"] for one in home.ask("status")] == ["default"]


def test_a_part_that_cannot_write_ends_the_start_with_its_words(home: Home) -> None:
    # What a full disk does to etcd, which reserves room for its log first of all.
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024 * 1024, limit[1]))
    process = home.start("up")
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    _, said = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 3
    assert "cluster default: etcd" in said
    home.assert_nothing_left()


def test_what_is_not_ready_in_time_is_told_and_leaves_nothing(home: Home) -> None:
    said = home.run("up", "--timeout", "0.2", code=3)
    assert "was not ready after 0.2 s" in said
    assert "--timeout" in said
    home.assert_nothing_left()


def test_a_strange_name_or_an_unknown_one_is_refused(home: Home) -> None:
    for name in ("", "..", "a/b", "A", "-a", "x" * 41):
        assert "cannot be the name of a cluster" in home.run("up", f"--name={name}", code=2)
    assert "unknown cluster 'other'" in home.run("kubeconfig", "--name", "other", code=2)
