"""The fleet's own story, told by kubectl on a real Kubernetes, release by release."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from fleetops.cluster import kubectl
from fleetops.rehearsal.volumes import provision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetcopy import FleetCopy
    from fleetops.cluster import Cluster

pytestmark = pytest.mark.cluster

NAMESPACE = "--namespace=fleetman"
DEPLOYMENTS = ("queue", "position-simulator", "position-tracker", "mongodb")
IMAGES = {
    "release1": ("release1", "release1", "release1", "3.6.5-jessie"),
    "release2": ("release2", "release2", "release2", "3.6.5-jessie"),
    "release3": ("release2", "release2", "release3", "3.6.5-jessie"),
}
PRIVILEGED = """\
apiVersion: v1
kind: Pod
metadata: {name: strong, namespace: fleetman}
spec:
  containers:
    - name: strong
      image: example.test/strong:1
      securityContext: {privileged: true}
"""


def answer(cluster: Cluster, *words: str) -> str:
    """Run kubectl, which has to succeed."""
    completed = kubectl(cluster, *words)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.decode()


def got(cluster: Cluster, *words: str) -> Any:  # noqa: ANN401
    return json.loads(answer(cluster, "get", *words, NAMESPACE, "--output=json"))


def release(fleet: FleetCopy, cluster: Cluster, name: str, environment: str) -> None:
    """Promote a release, apply what the environment is then, and wait until it has rolled out."""
    done = fleet.run("promote", name, "--env", environment, "--force-order")
    assert done.code == 0, done.err
    apply = ("apply", "--server-side", "--force-conflicts", "-k")
    answer(cluster, *apply, str(fleet.root / "overlays" / environment))
    for deployment in DEPLOYMENTS:
        answer(cluster, "rollout", "status", f"deployment/{deployment}", NAMESPACE, "--timeout=60s")
    images = [
        got(cluster, f"deployment/{one}")["spec"]["template"]["spec"]["containers"][0]["image"]
        for one in DEPLOYMENTS
    ]
    assert tuple(image.rpartition(":")[2] for image in images) == IMAGES[name]


def storage(cluster: Cluster) -> dict[str, tuple[str, str, str]]:
    """Give UID, phase and class of the claim and of its volume."""
    claim = got(cluster, "pvc/mongo-pvc")
    volume = got(cluster, f"pv/{claim['spec']['volumeName']}")
    return {
        one["kind"]: (
            one["metadata"]["uid"],
            one["status"]["phase"],
            one["spec"]["storageClassName"],
        )
        for one in (claim, volume)
    }


def delete_pod(cluster: Cluster, name: str) -> None:
    """Delete the pod of a Deployment, and wait until another is ready in its place."""
    label = f"--selector=app.kubernetes.io/name={name}"
    answer(cluster, "delete", "pod", label, NAMESPACE, "--wait")
    answer(cluster, "rollout", "status", f"deployment/{name}", NAMESPACE, "--timeout=60s")


def test_three_releases_forth_and_back_keep_the_claim(fleet: FleetCopy, shared: Cluster) -> None:
    release(fleet, shared, "release1", "local")
    release(fleet, shared, "release2", "local")
    release(fleet, shared, "release3", "local")
    kept = storage(shared)
    assert [one[1:] for one in kept.values()] == [("Bound", "fleetman-mongodb")] * 2
    volume = got(shared, "pv/fleetman-mongodb")
    assert volume["spec"]["hostPath"]["path"] == "/mnt/mongo-storage"
    mounted = got(shared, "deployment/mongodb")["spec"]["template"]["spec"]["volumes"]
    assert {"claimName": "mongo-pvc"} in [one.get("persistentVolumeClaim") for one in mounted]
    delete_pod(shared, "position-tracker")
    delete_pod(shared, "mongodb")
    assert storage(shared) == kept
    release(fleet, shared, "release2", "local")
    assert storage(shared) == kept
    release(fleet, shared, "release3", "local")
    assert storage(shared) == kept


@pytest.fixture
def aws(shared: Cluster) -> Iterator[Cluster]:
    """Give a cluster whose EBS CSI driver is stood in for; everything else in it is real.

    No driver can be had without a cloud, and it alone makes volumes of its class. The stand-in
    makes a PersistentVolume for a claim as the driver's provisioner does, when a node is selected.
    """
    answer(shared, "delete", "namespace", "fleetman", "--ignore-not-found")
    answer(shared, "delete", "pv", "--all")
    ended = threading.Event()

    def stand_in() -> None:
        with closing(shared.access.client()) as client:
            while not ended.wait(0.1):
                list(provision(client, client.items("/api/v1/persistentvolumeclaims")))

    thread = threading.Thread(target=stand_in)
    thread.start()
    yield shared
    ended.set()
    thread.join()


def test_on_aws_the_claim_waits_for_its_pod_and_pod_security_is_enforced(
    fleet: FleetCopy, aws: Cluster
) -> None:
    release(fleet, aws, "release3", "aws")
    storage_class = got(aws, "storageclass/fleetman-mongodb")
    assert storage_class["provisioner"] == "ebs.csi.aws.com"
    assert storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
    claim = got(aws, "pvc/mongo-pvc")
    assert claim["status"]["phase"] == "Bound"
    # The scheduler has chosen the node before there was a volume.
    assert claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] == "node"
    kept = storage(aws)
    assert got(aws, f"pv/{claim['spec']['volumeName']}")["spec"]["csi"]["driver"] == (
        "ebs.csi.aws.com"
    )
    delete_pod(aws, "mongodb")
    assert storage(aws) == kept
    completed = kubectl(aws, "apply", "-f", "-", stdin=PRIVILEGED.encode())
    assert completed.returncode == 1
    assert b'violates PodSecurity "restricted:' in completed.stderr


def test_a_claim_without_a_pod_is_not_bound_on_aws(fleet: FleetCopy, aws: Cluster) -> None:
    text = "patches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n"
    text += "      metadata: {name: mongodb}\n      spec: {replicas: 0}\n"
    fleet.append("overlays/aws/kustomization.yaml", text)
    apply = ("apply", "--server-side", "-k", str(fleet.root / "overlays" / "aws"))
    answer(aws, *apply)
    # By then the claim has been looked at, for the queue's rollout comes after it.
    answer(aws, "rollout", "status", "deployment/queue", NAMESPACE, "--timeout=60s")
    assert got(aws, "pvc/mongo-pvc")["status"]["phase"] == "Pending"
