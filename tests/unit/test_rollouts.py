"""What an object waits for, from the shapes that controllers write."""

from __future__ import annotations

from typing import Any

import pytest

from fleetops.rehearsal.rollouts import MOVING, waits_for


def thing(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    groups = {name: group for group, name in MOVING}
    version = f"{groups[kind]}/v1".lstrip("/")
    metadata = {"name": "one", "generation": 2}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def condition(kind: str, status: str = "True") -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status}]}


DEPLOYED = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
STATEFUL = {
    "observedGeneration": 2,
    "readyReplicas": 3,
    "updatedReplicas": 3,
    "currentRevision": "a",
    "updateRevision": "b",
}
DAEMON = {
    "observedGeneration": 2,
    "desiredNumberScheduled": 3,
    "updatedNumberScheduled": 3,
    "numberAvailable": 3,
}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}

ARRIVED = [
    thing("Deployment", {"replicas": 3}, DEPLOYED),
    thing("Deployment", {"replicas": 0}, {"observedGeneration": 2}),
    thing("StatefulSet", {"replicas": 3}, STATEFUL),
    thing(
        "StatefulSet",
        {"replicas": 3, "updateStrategy": ROLLING},
        STATEFUL | {"updatedReplicas": 1},
    ),
    thing(
        "StatefulSet",
        {"replicas": 3, "updateStrategy": {"type": "OnDelete"}},
        STATEFUL | {"updatedReplicas": 0},
    ),
    thing("DaemonSet", {}, DAEMON),
    thing(
        "DaemonSet",
        {"updateStrategy": {"type": "OnDelete"}},
        DAEMON | {"updatedNumberScheduled": 0},
    ),
    thing("DaemonSet", {}, {"observedGeneration": 2, "desiredNumberScheduled": 0}),
    thing("ReplicaSet", {"replicas": 1}, {"readyReplicas": 1}),
    thing("Job", {}, condition("Complete")),
    thing("Job", {"suspend": True}, {}),
    thing("Pod", {}, condition("Ready")),
    thing("Pod", {}, {"phase": "Succeeded"}),
    thing("PersistentVolumeClaim", {}, {"phase": "Bound"}),
]
WAITING = [
    (thing("Deployment", {}, {}), "no controller has looked at it yet"),
    (
        thing("Deployment", {"replicas": 3}, DEPLOYED | {"observedGeneration": 1}),
        "no controller has looked at it yet",
    ),
    (
        thing("Deployment", {"replicas": 3}, DEPLOYED | {"updatedReplicas": 1}),
        "1 of 3 pods are of the new kind",
    ),
    (thing("Deployment", {"replicas": 3}, DEPLOYED | {"replicas": 4}), "1 old pods are not gone"),
    (
        thing("Deployment", {"replicas": 3}, DEPLOYED | {"availableReplicas": 0}),
        "0 of 3 pods are available",
    ),
    (thing("StatefulSet", {"replicas": 3}, {}), "no controller has looked at it yet"),
    (thing("StatefulSet", {"replicas": 4}, STATEFUL), "3 of 4 pods are ready"),
    (
        thing("StatefulSet", {"replicas": 3}, STATEFUL | {"updatedReplicas": 2}),
        "2 of 3 pods are of the new kind",
    ),
    (thing("DaemonSet", {}, {}), "no controller has looked at it yet"),
    (
        thing("DaemonSet", {}, DAEMON | {"updatedNumberScheduled": 2}),
        "2 of 3 pods are of the new kind",
    ),
    (thing("DaemonSet", {}, DAEMON | {"numberAvailable": 2}), "2 of 3 pods are available"),
    (thing("ReplicaSet", {}, {}), "0 of 1 pods are ready"),
    (thing("Job", {}, {}), "it has not completed"),
    (thing("Job", {}, condition("Failed")), "it has failed"),
    (thing("Pod", {}, condition("Ready", "False")), "it is not ready"),
    (thing("PersistentVolumeClaim", {}, {"phase": "Pending"}), "it is Pending and not Bound"),
    (thing("PersistentVolumeClaim", {}, {}), "it is new and not Bound"),
]


@pytest.mark.parametrize("value", ARRIVED)
def test_what_has_arrived_waits_for_nothing(value: dict[str, Any]) -> None:
    assert waits_for(value) is None


@pytest.mark.parametrize(("value", "why"), WAITING)
def test_what_has_not_arrived_says_why(value: dict[str, Any], why: str) -> None:
    assert waits_for(value) == why


def test_a_custom_resource_of_the_same_kind_does_not_move() -> None:
    value = thing("Job", {}, {}) | {"apiVersion": "example.test/v1"}
    assert waits_for(value) is None
