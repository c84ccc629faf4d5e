"""What a place in an object is to the API: the same shape wherever a pod or a probe stands.

As in `Service.spec.ports.protocol` and `pod.containers.image`; list indices do not count. Of custom
resources only pod templates have a shape, and so have no maps whose keys anybody may choose: theirs
is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.manifests import TEMPLATES, pod_template

if TYPE_CHECKING:
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

_GROUPS = {"", "apps", "autoscaling", "batch", "policy"}
_FREE = {
    "annotations",
    "binaryData",
    "data",
    "labels",
    "matchLabels",
    "nodeSelector",
    "parameters",
    "stringData",
}
"""Maps whose keys are no fields."""
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_SAME = {
    **{".".join(map(str, (kind, *path, "spec"))): "pod" for kind, path in TEMPLATES.items()},
    "Workload.spec.template.spec": "pod",
    "CronJob.spec.jobTemplate.spec": "Job.spec",
    "Job.spec.template.spec": "pod",
    "StatefulSet.spec.volumeClaimTemplates.spec": "PersistentVolumeClaim.spec",
    "pod.volumes.ephemeral.volumeClaimTemplate.spec": "PersistentVolumeClaim.spec",
    **{f"pod.containers.{probe}": "probe" for probe in _PROBES},
    "pod.containers.lifecycle.postStart": "probe",
    "pod.containers.lifecycle.preStop": "probe",
}
_ITEMS = {"pod.initContainers": "pod.containers", "pod.ephemeralContainers": "pod.containers"}


def root(manifest: Manifest) -> str:
    """Give the shape of a whole object."""
    reference = manifest.reference
    if reference.group in _GROUPS or reference.group.endswith(".k8s.io"):
        return reference.kind
    return "Workload" if pod_template(manifest) else ""


def below(shape: str, step: str | int) -> str:
    """Give the shape of what a key or an index leads to."""
    if not shape or isinstance(step, int):
        return _ITEMS.get(shape, shape)
    if step in _FREE:
        return ""
    inside = f"{shape}.{step}" if "." not in step else f"{shape}.*"
    return _SAME.get(inside, inside)


def shape(manifest: Manifest, path: NodePath) -> str:
    """Give the shape of the place that a path leads to."""
    found = root(manifest)
    for step in path:
        found = below(found, step)
    return found
