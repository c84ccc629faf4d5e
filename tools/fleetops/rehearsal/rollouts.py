"""What an object in a cluster still waits for, from the object alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fleetops.annotations import HOOK
from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Callable


def waits_for(value: dict[str, Any]) -> str | None:
    """Say what a workload or claim waits for, None where it has arrived or does not move.

    The conditions are those of `kubectl rollout status` (kubectl/pkg/polymorphichelpers,
    rollout_status.go) and, for Jobs and claims, of their own status.
    """
    judge = _JUDGES.get((value["apiVersion"].rpartition("/")[0], value["kind"]))
    if judge is None:
        return None
    seen, wanted = dig(value, "status", "observedGeneration"), value["metadata"].get("generation")
    if isinstance(seen, int) and isinstance(wanted, int) and seen < wanted:
        return "no controller has looked at it yet"
    return judge(value)


def goes_when_done(value: dict[str, Any]) -> bool:
    """Tell whether an object that is not there may have been there and have done its work."""
    hook = dig(value, "metadata", "annotations", HOOK)
    return hook is not None or dig(value, "spec", "ttlSecondsAfterFinished") is not None


def _deployment(value: dict[str, Any]) -> str | None:
    status, wanted = value.get("status") or {}, _replicas(value)
    if "observedGeneration" not in status:
        return "no controller has looked at it yet"
    updated, ready = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the new kind"
    if status.get("replicas", 0) > updated:
        return f"{status['replicas'] - updated} old pods are not gone"
    return None if ready >= updated else f"{ready} of {updated} pods are available"


def _stateful_set(value: dict[str, Any]) -> str | None:
    status, wanted = value.get("status") or {}, _replicas(value)
    if "observedGeneration" not in status:
        return "no controller has looked at it yet"
    if (ready := status.get("readyReplicas", 0)) < wanted:
        return f"{ready} of {wanted} pods are ready"
    partition = dig(value, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    new = status.get("currentRevision") == status.get("updateRevision")
    if dig(value, "spec", "updateStrategy", "type") == "OnDelete" or new:
        return None
    updated = status.get("updatedReplicas", 0)
    done = updated >= max(wanted - partition, 0)
    return None if done else f"{updated} of {wanted - partition} pods are of the new kind"


def _daemon_set(value: dict[str, Any]) -> str | None:
    status = value.get("status") or {}
    if "observedGeneration" not in status:
        return "no controller has looked at it yet"
    wanted = status.get("desiredNumberScheduled", 0)
    on_delete = dig(value, "spec", "updateStrategy", "type") == "OnDelete"
    if not on_delete and (updated := status.get("updatedNumberScheduled", 0)) < wanted:
        return f"{updated} of {wanted} pods are of the new kind"
    ready = status.get("numberAvailable", 0)
    return None if ready >= wanted else f"{ready} of {wanted} pods are available"


def _replicas_ready(value: dict[str, Any]) -> str | None:
    wanted, ready = _replicas(value), dig(value, "status", "readyReplicas") or 0
    return None if ready >= wanted else f"{ready} of {wanted} pods are ready"


def _job(value: dict[str, Any]) -> str | None:
    if dig(value, "spec", "suspend") or _is_true(value, "Complete"):
        return None
    return "it has failed" if _is_true(value, "Failed") else "it has not completed"


def _pod(value: dict[str, Any]) -> str | None:
    done = dig(value, "status", "phase") == "Succeeded" or _is_true(value, "Ready")
    return None if done else "it is not ready"


def _claim(value: dict[str, Any]) -> str | None:
    phase = dig(value, "status", "phase")
    return None if phase == "Bound" else f"it is {phase or 'new'} and not Bound"


def _replicas(value: dict[str, Any]) -> int:
    wanted = dig(value, "spec", "replicas")
    return wanted if isinstance(wanted, int) else 1


def _is_true(value: dict[str, Any], kind: str) -> bool:
    conditions = dig(value, "status", "conditions") or ()
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)


_JUDGES: Final[dict[tuple[str, str], Callable[[dict[str, Any]], str | None]]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replicas_ready,
    ("", "ReplicationController"): _replicas_ready,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
}
MOVING: Final = frozenset(_JUDGES)
"""Group and kind of what may have to be waited for."""
