"""What the API server fills in where a field is not there: being written out changes nothing.

By shape (`fleetops.shapes`), for the kinds that a fleet mostly has. Read in k8s.io/kubernetes
v1.37.2: pkg/apis/{core,apps,batch,networking,storage,rbac}/v1/defaults.go, pkg/apis/autoscaling/v2
and, for what is empty or false, the zero values of staging/src/k8s.io/api.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.manifests import split_image
from fleetops.shapes import below

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Holder = Mapping[str, Any]
    """The mapping in which a field stands or does not."""


def _pull_policy(container: Holder) -> str:
    version = split_image(str(container.get("image"))).version
    tag, _, _ = version.partition("@")
    return "Always" if not version or tag == ":latest" else "IfNotPresent"


def _policy_types(spec: Holder) -> list[str]:
    return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _subject_group(subject: Holder) -> str:
    return "" if subject.get("kind") == "ServiceAccount" else "rbac.authorization.k8s.io"


def _completions(spec: Holder) -> int | None:
    return None if "parallelism" in spec else 1


def _parallelism(spec: Holder) -> int | None:
    # A Job without both has one completion, and one with only this as many as it wants.
    return 1 if "completions" in spec else None


def _backoff_limit(spec: Holder) -> int | None:
    return None if "backoffLimitPerIndex" in spec else 6


def _rolling_update(strategy: Holder) -> dict[str, Any] | None:
    return {} if strategy.get("type") in (None, "RollingUpdate") else None


def _external_policy(service: Holder) -> str | None:
    exposed = service.get("type") in ("NodePort", "LoadBalancer") or service.get("externalIPs")
    return "Cluster" if exposed else None


def _internal_policy(service: Holder) -> str | None:
    return None if service.get("type") == "ExternalName" else "Cluster"


_VALUES: dict[str, Any] = {
    "pod.dnsPolicy": "ClusterFirst",
    "pod.enableServiceLinks": True,
    "pod.hostIPC": False,
    "pod.hostNetwork": False,
    "pod.hostPID": False,
    "pod.restartPolicy": "Always",
    "pod.schedulerName": "default-scheduler",
    "pod.securityContext": {},
    "pod.shareProcessNamespace": False,
    "pod.terminationGracePeriodSeconds": 30,
    "pod.containers.ports.protocol": "TCP",
    "pod.containers.resources": {},
    "pod.containers.resources.limits": {},
    "pod.containers.resources.requests": {},
    "pod.containers.securityContext": {},
    "pod.containers.securityContext.privileged": False,
    "pod.containers.securityContext.procMount": "Default",
    "pod.containers.securityContext.readOnlyRootFilesystem": False,
    "pod.containers.stdin": False,
    "pod.containers.stdinOnce": False,
    "pod.containers.terminationMessagePath": "/dev/termination-log",
    "pod.containers.terminationMessagePolicy": "File",
    "pod.containers.tty": False,
    "pod.containers.volumeMounts.readOnly": False,
    "pod.containers.env.valueFrom.configMapKeyRef.optional": False,
    "pod.containers.env.valueFrom.fieldRef.apiVersion": "v1",
    "pod.containers.env.valueFrom.secretKeyRef.optional": False,
    "pod.containers.envFrom.configMapRef.optional": False,
    "pod.containers.envFrom.secretRef.optional": False,
    "probe.failureThreshold": 3,
    "probe.httpGet.path": "/",
    "probe.httpGet.scheme": "HTTP",
    "probe.periodSeconds": 10,
    "probe.successThreshold": 1,
    "probe.timeoutSeconds": 1,
    "pod.volumes.configMap.defaultMode": 0o644,
    "pod.volumes.configMap.optional": False,
    "pod.volumes.downwardAPI.defaultMode": 0o644,
    "pod.volumes.emptyDir.medium": "",
    "pod.volumes.hostPath.type": "",
    "pod.volumes.persistentVolumeClaim.readOnly": False,
    "pod.volumes.projected.defaultMode": 0o644,
    "pod.volumes.projected.sources.serviceAccountToken.expirationSeconds": 3600,
    "pod.volumes.secret.defaultMode": 0o644,
    "pod.volumes.secret.optional": False,
    "CronJob.spec.concurrencyPolicy": "Allow",
    "CronJob.spec.failedJobsHistoryLimit": 1,
    "CronJob.spec.successfulJobsHistoryLimit": 3,
    "CronJob.spec.suspend": False,
    "DaemonSet.spec.minReadySeconds": 0,
    "DaemonSet.spec.revisionHistoryLimit": 10,
    "DaemonSet.spec.updateStrategy": {},
    "DaemonSet.spec.updateStrategy.rollingUpdate.maxSurge": 0,
    "DaemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable": 1,
    "DaemonSet.spec.updateStrategy.type": "RollingUpdate",
    "Deployment.spec.minReadySeconds": 0,
    "Deployment.spec.paused": False,
    "Deployment.spec.progressDeadlineSeconds": 600,
    "Deployment.spec.revisionHistoryLimit": 10,
    "Deployment.spec.strategy": {},
    "Deployment.spec.strategy.rollingUpdate.maxSurge": "25%",
    "Deployment.spec.strategy.rollingUpdate.maxUnavailable": "25%",
    "Deployment.spec.strategy.type": "RollingUpdate",
    "HorizontalPodAutoscaler.spec.minReplicas": 1,
    "Job.spec.completionMode": "NonIndexed",
    "Job.spec.manualSelector": False,
    "Job.spec.suspend": False,
    "PersistentVolume.spec.persistentVolumeReclaimPolicy": "Retain",
    "PersistentVolume.spec.volumeMode": "Filesystem",
    "PersistentVolumeClaim.spec.volumeMode": "Filesystem",
    "Secret.type": "Opaque",
    "Service.spec.ports.protocol": "TCP",
    "Service.spec.publishNotReadyAddresses": False,
    "Service.spec.sessionAffinity": "None",
    "Service.spec.type": "ClusterIP",
    "StatefulSet.spec.minReadySeconds": 0,
    "StatefulSet.spec.persistentVolumeClaimRetentionPolicy": {},
    "StatefulSet.spec.persistentVolumeClaimRetentionPolicy.whenDeleted": "Retain",
    "StatefulSet.spec.persistentVolumeClaimRetentionPolicy.whenScaled": "Retain",
    "StatefulSet.spec.podManagementPolicy": "OrderedReady",
    "StatefulSet.spec.revisionHistoryLimit": 10,
    "StatefulSet.spec.updateStrategy": {},
    "StatefulSet.spec.updateStrategy.rollingUpdate.partition": 0,
    "StatefulSet.spec.updateStrategy.type": "RollingUpdate",
    "StatefulSet.spec.volumeClaimTemplates.apiVersion": "v1",
    "StatefulSet.spec.volumeClaimTemplates.kind": "PersistentVolumeClaim",
    "StorageClass.allowVolumeExpansion": False,
    "StorageClass.reclaimPolicy": "Delete",
    "StorageClass.volumeBindingMode": "Immediate",
    "NetworkPolicy.spec.egress.ports.protocol": "TCP",
    "NetworkPolicy.spec.ingress.ports.protocol": "TCP",
    "ClusterRoleBinding.roleRef.apiGroup": "rbac.authorization.k8s.io",
    "RoleBinding.roleRef.apiGroup": "rbac.authorization.k8s.io",
}
"""An empty mapping stands for a struct, which is as if absent where all that it holds is.

The `replicas` of a workload are not here: to write them is to set them at each sync, whatever an
autoscaler or a person has made of them.
"""
_BY_HOLDER: dict[str, Callable[[Holder], Any]] = {
    "pod.containers.imagePullPolicy": _pull_policy,
    "DaemonSet.spec.updateStrategy.rollingUpdate": _rolling_update,
    "Deployment.spec.strategy.rollingUpdate": _rolling_update,
    "Job.spec.backoffLimit": _backoff_limit,
    "Job.spec.completions": _completions,
    "Job.spec.parallelism": _parallelism,
    "NetworkPolicy.spec.policyTypes": _policy_types,
    "Service.spec.externalTrafficPolicy": _external_policy,
    "Service.spec.internalTrafficPolicy": _internal_policy,
    "Service.spec.ports.targetPort": lambda port: port.get("port"),
    "StatefulSet.spec.updateStrategy.rollingUpdate": _rolling_update,
    "ClusterRoleBinding.subjects.apiGroup": _subject_group,
    "RoleBinding.subjects.apiGroup": _subject_group,
}
_EMPTY = {"annotations", "labels", "nodeSelector"}
_EMPTY_LISTS = {
    f"pod.{name}"
    for name in (
        *("hostAliases", "imagePullSecrets", "initContainers", "tolerations", "volumes"),
        *(f"containers.{one}" for one in ("args", "command", "env", "envFrom", "ports")),
        *(f"containers.{one}" for one in ("volumeDevices", "volumeMounts")),
    )
}


def is_default(shape: str, name: str, value: Any, holder: Holder) -> bool:  # noqa: ANN401
    """Tell whether a field means the same where it is not there, beside what the holder has."""
    if value is None:
        return True
    default = _BY_HOLDER[shape](holder) if shape in _BY_HOLDER else _VALUES.get(shape)
    if value == {}:
        return name in _EMPTY or default == {}
    if value == []:
        return shape in _EMPTY_LISTS
    if isinstance(default, dict):
        return isinstance(value, dict) and all(
            is_default(below(shape, key), key, item, value) for key, item in value.items()
        )
    return type(value) is type(default) and bool(value == default)
