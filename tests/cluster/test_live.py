"""What a cluster without a controller runs, and waiting for it, on the real Kubernetes."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from fleetcopy import ENVIRONMENT, ROOT
from fleetops.api.cluster import throwaway
from fleetops.cluster import kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleetcopy import FleetCopy
    from fleetops.cluster import Cluster

pytestmark = pytest.mark.cluster

IMAGES = "richardchesterwood/k8s-fleetman-"
HOSTILE = "\x1b[2J\n::set-output name=a::b\r\u202e"
# Open to every field, unlike Argo CD's own, which the tests in tests/gitops have.
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "applications.argoproj.io"},
    "spec": {
        "group": "argoproj.io",
        "names": {"kind": "Application", "plural": "applications"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
READER = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
  - {apiGroups: ["", apps], resources: [deployments, persistentvolumeclaims], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
"""


def ask(cluster: Cluster, *words: str, stdin: str = "") -> str:
    """Run kubectl, which has to succeed."""
    done = kubectl(cluster, *words, stdin=stdin.encode())
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def put(cluster: Cluster, overlay: Path) -> None:
    """Apply an overlay, and wait until it has rolled out."""
    ask(cluster, "apply", "--server-side", "--force-conflicts", "-k", str(overlay))
    ask(cluster, "-n", "fleetman", "rollout", "status", "deployment", "--timeout=60s")


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory,
    programs: None,  # noqa: ARG001
) -> Iterator[Cluster]:
    with throwaway(tmp_path_factory.mktemp("live"), "live", 120, print) as cluster:
        yield cluster


@pytest.fixture
def where(cluster: Cluster) -> tuple[str, str]:
    """Give the words for a cluster that runs the environment local as it stands here."""
    put(cluster, ROOT / "overlays/local")
    return "--kubeconfig", str(cluster.kubeconfig)


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Path:
    """Give a copy of the kubeconfig, to be changed."""
    path = tmp_path / "kubeconfig"
    path.write_bytes(cluster.kubeconfig.read_bytes())
    return path


def config(cluster: Cluster, path: Path, *words: str) -> None:
    command = [str(cluster.kubectl), "--kubeconfig", str(path), "config", *words]
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)


def local(fleet: FleetCopy, *words: str) -> Any:  # noqa: ANN401
    done = fleet.json("status", "--live", "--env", "local", *words)
    assert done.code == 0
    (environment,) = done.data["environments"]
    return environment["live"]


def test_without_a_controller_rollouts_and_drift_are_shown(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str]
) -> None:
    found = local(fleet, *where)
    assert (found["release"], found["syncs"], found["drift"]) == ("release3", [], [])
    assert {one["resource"]: one["waits_for"] for one in found["rollouts"]} == dict.fromkeys(
        (
            "PersistentVolumeClaim/fleetman/mongo-pvc",
            *(
                f"Deployment/fleetman/{name}"
                for name in ("mongodb", "position-simulator", "position-tracker", "queue")
            ),
        )
    )
    set_image = ("set", "image", "deployment/queue", f"queue={IMAGES}queue:release1")
    ask(cluster, "-n", "fleetman", *set_image)
    drifted = local(fleet, *where)
    assert (drifted["release"], drifted["services"][0]["versions"]) == (None, [":release1"])
    assert drifted["drift"] == [
        {
            "resource": "Deployment/fleetman/queue",
            "container": "queue",
            "live": f"{IMAGES}queue:release1",
            "rendered": f"{IMAGES}queue:release2",
        }
    ]
    text = fleet.run("status", "--live", "--env", "local", *where).out
    assert "neither an Argo CD Application nor a Flux Kustomization syncs it\n" in text
    assert f"queue runs {IMAGES}queue:release1, and should run {IMAGES}queue:release2" in text


def test_a_rollout_that_does_not_finish_is_shown(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str]
) -> None:
    nowhere = '{"spec":{"template":{"spec":{"nodeSelector":{"nowhere":"yes"}}}}}'
    ask(cluster, "-n", "fleetman", "patch", "deployment", "position-tracker", "-p", nowhere)
    try:
        ask(cluster, "-n", "fleetman", "delete", "deployment", "queue")
        waits = {one["resource"]: one["waits_for"] for one in local(fleet, *where)["rollouts"]}
        assert waits["Deployment/fleetman/queue"] == "it is not there"
        assert waits["Deployment/fleetman/position-tracker"]
    finally:
        anywhere = '{"spec":{"template":{"spec":{"nodeSelector":null}}}}'
        ask(cluster, "-n", "fleetman", "patch", "deployment", "position-tracker", "-p", anywhere)


def test_an_environment_is_found_by_its_workloads(fleet: FleetCopy, where: tuple[str, str]) -> None:
    overlay = "overlays/aws/kustomization.yaml"
    fleet.edit(overlay, "namespace: fleetman\n", "namespace: elsewhere\n")
    done = fleet.json("status", "--live", *where)
    found = {one["environment"]: one["live"] is not None for one in done.data["environments"]}
    assert found == {"local": True, "aws": False}
    assert "nothing of it is there: aws\n" in fleet.run("status", "--live", *where).out


def test_workloads_that_two_environments_have_are_not_guessed_about(
    fleet: FleetCopy, where: tuple[str, str]
) -> None:
    said = fleet.refused("status", "--live", *where, code=2)
    assert "both local and aws have it\n  say with --env" in said


def test_reading_needs_no_right_to_write_and_says_what_it_may_not_see(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str], kubeconfig: Path
) -> None:
    assert where
    ask(cluster, "apply", "-f", "-", stdin=READER)
    token = ask(cluster, "create", "token", "reader").strip()
    config(cluster, kubeconfig, "set-credentials", "reader", f"--token={token}")
    config(cluster, kubeconfig, "set-context", "--current", "--user=reader")
    words = ("status", "--live", "--env", "local", "--kubeconfig", str(kubeconfig))
    done = fleet.json(*words)
    assert done.code == 0
    assert done.data["environments"][0]["live"]["release"] == "release3"
    assert any("applications.argoproj.io" in note for note in done.data["cluster"]["notes"])
    waited = fleet.run("wait", "--env", "local", "--release", "release3", *words[4:])
    assert waited.code == 0, waited


def test_a_wait_ends_when_the_release_has_rolled_out(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str]
) -> None:
    assert fleet.run("promote", "release2", "--env", "local", "--force-order").code == 0
    process = fleet.start("wait", "--env", "local", "--release", "release2", *where)
    assert process.stderr is not None
    assert process.stderr.readline().endswith(" s: waiting: position-tracker runs release3\n")
    put(cluster, fleet.root / "overlays/local")
    done = fleet.end(process)
    assert done.code == 0, done
    assert done.out.endswith("s)\n")
    assert "local runs release2 in the cluster fleetops-live" in done.out


def test_a_wait_ends_at_its_timeout(fleet: FleetCopy, where: tuple[str, str]) -> None:
    words = ("wait", "--env", "local", "--release", "release1", "--timeout", "2")
    done = fleet.run(*words, *where, "--output", "json")
    assert (done.code, done.data["ok"], done.data["outcome"]) == (1, False, "timeout")
    assert done.data["waiting"] == [
        "queue runs release2",
        "position-simulator runs release2",
        "position-tracker runs release3",
    ]
    said, waits = done.err.splitlines()
    assert said == "in this work tree local runs release3"
    assert waits.endswith(" s: waiting: queue runs release2, and 2 more")


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--live", "--env", "local"),
        ("wait", "--env", "local", "--release", "release3"),
    ],
    ids=lambda words: words[0],
)
def test_a_cluster_that_does_not_answer_is_exit_code_3(
    fleet: FleetCopy, cluster: Cluster, kubeconfig: Path, words: tuple[str, ...]
) -> None:
    (name,) = json.loads(ask(cluster, "config", "view", "-o", "json"))["clusters"]
    config(cluster, kubeconfig, "set-cluster", name["name"], "--server=https://127.0.0.1:1")
    said = fleet.refused(*words, "--kubeconfig", str(kubeconfig), code=3)
    assert "does not answer: " in said
    assert "refused" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--live", "--context", "other"), "no such cluster: "),
        (("wait", "--env", "local", "--release", "release3", "--context", "o"), "no such cluster"),
        (("wait", "--env", "locla", "--release", "release3"), "did you mean local?"),
        (("wait", "--env", "local", "--release", "release33"), "did you mean release3?"),
        (("status", "--live", "--env", "locla"), "did you mean local?"),
        (("status", "--context", "fleetops-live"), "only with --live"),
    ],
)
def test_what_there_is_none_of_is_exit_code_2(
    fleet: FleetCopy, cluster: Cluster, words: tuple[str, ...], said: str
) -> None:
    assert said in fleet.refused(*words, "--kubeconfig", str(cluster.kubeconfig), code=2)


def test_a_kubeconfig_that_is_not_there_is_exit_code_2(fleet: FleetCopy) -> None:
    said = fleet.refused("status", "--live", "--kubeconfig", "none", code=2)
    assert "no such cluster: there is no file " in said


def test_the_kubeconfig_is_kubectls_own_if_none_is_given(
    fleet: FleetCopy, where: tuple[str, str]
) -> None:
    for path in (where[1], os.path.relpath(where[1], fleet.root)):
        done = fleet.run("status", "--live", "--env", "local", KUBECONFIG=path)
        assert "cluster: fleetops-live" in done.out


def test_a_cluster_that_stops_answering_is_asked_again_until_the_timeout(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    with throwaway(tmp_path, "ends", 120, print) as ends:
        words = ("--kubeconfig", str(ends.kubeconfig), "--timeout", "4")
        process = fleet.start("wait", "--env", "local", "--release", "release3", *words)
        assert process.stderr is not None
        assert "waiting: queue does not run" in process.stderr.readline()
    done = fleet.end(process)
    assert (done.code, done.out) == (3, "")
    said = done.err.splitlines()
    assert "waiting: the API server does not answer: " in said[0]
    assert said[-1].startswith("fleetops: the API server does not answer: ")


@pytest.fixture
def applications(cluster: Cluster) -> Iterator[None]:
    """Have the API server know Applications, and forget them all afterwards."""
    ask(cluster, "apply", "-f", "-", stdin=json.dumps(DEFINITION))
    yield
    ask(cluster, "delete", "crd", "applications.argoproj.io")


def apply(cluster: Cluster, name: str, status: dict[str, Any], **spec: Any) -> None:  # noqa: ANN401
    """Apply an Application."""
    ask(cluster, "wait", "--for=condition=Established", "crd/applications.argoproj.io")
    value = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
        "status": status,
    }
    ask(cluster, "apply", "-f", "-", stdin=json.dumps(value))


@pytest.mark.usefixtures("applications")
def test_no_word_of_a_controller_is_obeyed(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str]
) -> None:
    status = {
        "sync": {"status": HOSTILE, "revision": HOSTILE},
        "health": {"status": HOSTILE, "message": HOSTILE},
        "operationState": {"phase": "Failed", "message": HOSTILE},
        "conditions": [{"type": HOSTILE, "message": HOSTILE}],
    }
    apply(cluster, "local", status, source={"path": "overlays/local", "repoURL": HOSTILE})
    words = ("--env", "local", *where)
    told = fleet.run("status", "--live", *words)
    assert "Application/default/local: " in told.out
    waited = fleet.run("wait", "--release", "release3", "--timeout", "1", *words)
    assert waited.code == 1
    for line in (told.out + waited.out + waited.err).split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
    assert len(local(fleet, *where)["syncs"]) == 1


@pytest.mark.usefixtures("applications")
def test_what_is_synced_from_here_into_another_cluster_is_not_looked_for_here(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str]
) -> None:
    there = {"server": "https://aws.example"}
    apply(cluster, "aws", {}, source={"path": "overlays/aws"}, destination=there)
    done = fleet.json("status", "--live", *where)
    lives = {one["environment"]: one["live"] for one in done.data["environments"]}
    assert lives["local"]["release"] == "release3"
    assert (lives["aws"]["release"], lives["aws"]["rollouts"]) == (None, [])
    assert lives["aws"]["syncs"][0]["elsewhere"] == "https://aws.example"
    said = fleet.refused("wait", "--env", "aws", "--release", "release2", *where, code=2)
    assert "Application/default/aws syncs into https://aws.example" in said


@pytest.mark.usefixtures("applications")
def test_the_application_of_another_repository_with_the_same_folder_is_not_taken_for_ours(
    fleet: FleetCopy, cluster: Cluster, where: tuple[str, str]
) -> None:
    for name in ("ours", "theirs"):
        url = f"https://git.example/{name}/fleet.git"
        apply(cluster, name, {}, source={"path": "overlays/local", "repoURL": url})
    assert len(local(fleet, *where)["syncs"]) == 2
    for words in (
        ("-c", "user.name=a", "-c", "user.email=a", "commit", "--allow-empty", "-m", "a"),
        ("remote", "add", "origin", "git@git.example:ours/fleet"),
    ):
        subprocess.run(
            ["git", "-C", fleet.root, *words],  # noqa: S607
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
        )
    (sync,) = local(fleet, *where)["syncs"]
    assert sync["resource"] == "Application/default/ours"
