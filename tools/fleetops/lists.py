"""The lists of the API that are maps by a key, or sets: the order of their items says nothing.

By shape (`fleetops.shapes`). The keys are those of x-kubernetes-list-map-keys and
x-kubernetes-patch-merge-key in api/openapi-spec/swagger.json of k8s.io/kubernetes v1.37; of lists
without any, those that are sets by what the API's reference says of them are named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEYS: dict[str, tuple[str, ...]] = {
    "pod.containers": ("name",),
    "pod.initContainers": ("name",),
    "pod.ephemeralContainers": ("name",),
    "pod.containers.env": ("name",),
    "pod.containers.ports": ("containerPort", "protocol"),
    "pod.containers.resources.claims": ("name",),
    "pod.containers.volumeDevices": ("devicePath",),
    "pod.containers.volumeMounts": ("mountPath",),
    "pod.hostAliases": ("ip",),
    "pod.imagePullSecrets": ("name",),
    "pod.resourceClaims": ("name",),
    "pod.schedulingGates": ("name",),
    "pod.securityContext.sysctls": ("name",),
    "pod.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "pod.volumes": ("name",),
    "CustomResourceDefinition.spec.versions": ("name",),
    "MutatingWebhookConfiguration.webhooks": ("name",),
    "Service.spec.ports": ("port", "protocol"),
    "ServiceAccount.imagePullSecrets": ("name",),
    "ServiceAccount.secrets": ("name",),
    "StatefulSet.spec.volumeClaimTemplates": ("metadata.name",),
    "ValidatingAdmissionPolicy.spec.variables": ("name",),
    "ValidatingWebhookConfiguration.webhooks": ("name",),
}
_SETS = {
    "pod.containers.securityContext.capabilities.add",
    "pod.containers.securityContext.capabilities.drop",
    "pod.securityContext.supplementalGroups",
    "pod.tolerations",
    "pod.volumes.configMap.items",
    "pod.volumes.secret.items",
    "ClusterRole.rules",
    "ClusterRoleBinding.subjects",
    "HorizontalPodAutoscaler.spec.metrics",
    "NetworkPolicy.spec.egress",
    "NetworkPolicy.spec.egress.ports",
    "NetworkPolicy.spec.egress.to",
    "NetworkPolicy.spec.egress.to.ipBlock.except",
    "NetworkPolicy.spec.ingress",
    "NetworkPolicy.spec.ingress.from",
    "NetworkPolicy.spec.ingress.from.ipBlock.except",
    "NetworkPolicy.spec.ingress.ports",
    "NetworkPolicy.spec.policyTypes",
    "PersistentVolume.spec.accessModes",
    "PersistentVolumeClaim.spec.accessModes",
    "Role.rules",
    "RoleBinding.subjects",
    "Service.spec.externalIPs",
    "Service.spec.loadBalancerSourceRanges",
    *(
        f"{kind}.rules.{field}"
        for kind in ("ClusterRole", "Role")
        for field in ("apiGroups", "nonResourceURLs", "resourceNames", "resources", "verbs")
    ),
}
_SETS_ANYWHERE = (
    ".finalizers",
    ".matchExpressions",
    ".matchExpressions.values",
    ".matchFields",
    ".nodeSelectorTerms",
    ".preferredDuringSchedulingIgnoredDuringExecution",
    ".requiredDuringSchedulingIgnoredDuringExecution",
)
_DEFAULTS = {"protocol": "TCP"}


def merge_keys(shape: str) -> tuple[str, ...]:
    """Give what tells the items of a list apart; nothing where they have no key."""
    return _KEYS.get(shape, ())


def is_set(shape: str) -> bool:
    """Tell whether a list without keys means the same in any order."""
    return shape in _SETS or shape.endswith(_SETS_ANYWHERE)


def keeps_order(shape: str, items: Sequence[Any]) -> bool:
    """Tell whether the order of items with keys means something.

    Init containers run one after another, and a variable can only refer to those before it.
    """
    if shape == "pod.containers.env":
        return any("$(" in str(dig(item, "value")) for item in items)
    return shape == "pod.initContainers"


def identity(item: Any, keys: Sequence[str]) -> tuple[str, ...]:  # noqa: ANN401
    """Give what tells an item from the others of its list."""
    return tuple(str(dig(item, *key.split(".")) or _DEFAULTS.get(key)) for key in keys)
