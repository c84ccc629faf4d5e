"""Rules on what the API server refuses to change, so that a sync fails half way.

Read in k8s.io/kubernetes v1.37.2, pkg/apis/*/validation. An object that a controller is told to
replace (Argo CD's Force=true,Replace=true, Flux's force: enabled) is left alone, unless it holds
what is not made anew with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.danger.interface import Rule, Weight

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from fleetops.danger.interface import Change, Danger, Pair
    from fleetops.goyaml import NodePath


def _fixed(pair: Pair, *paths: NodePath) -> Iterator[Danger]:
    """Say of each path at which something differs that it cannot be changed.

    To the API server another order is another value here, also where it means the same.
    """
    fate = ": it would be deleted and made anew, without what it holds" if pair.forced else ""
    for path in paths:
        if any(True for _ in pair.within(*path)):
            yield pair.danger(f"{'.'.join(map(str, path))} cannot be changed{fate}", *path)


def _others(pair: Pair, holder: str, allowed: Container[str | int]) -> Iterator[Danger]:
    """Say that of everything below a field but what is allowed."""
    paths = dict.fromkeys(field.path[:2] for field in pair.within(holder))
    yield from _fixed(pair, *(path for path in paths if path[-1] not in allowed))


def selector_changed(change: Change) -> Iterator[Danger]:
    """The selector of a workload changes.

    The API server refuses it: selectors of Deployments, DaemonSets, ReplicaSets and StatefulSets
    cannot be changed. A label that is put into selectors by `commonLabels` or by `labels` with
    includeSelectors does it too. Leave the selector; or give the workload another name, so that a
    new one is made beside the old.
    """
    for pair in change.unforced("apps", "Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"):
        yield from _fixed(pair, ("spec", "selector"))


def strategy_changed(change: Change) -> Iterator[Danger]:
    """A Deployment whose rollingUpdate was never written comes to Recreate.

    The API server has filled rollingUpdate in, server-side apply leaves what it has not written
    itself, and the API server refuses the two beside each other; so it goes with Flux and with Argo
    CD's ServerSideApply=true. Write `rollingUpdate` out in a change of its own first, which a later
    one then takes out, or have the controller replace the Deployment.
    """
    for pair in change.unforced("apps", "Deployment"):
        old, new = (one.get("spec", "strategy", "type") for one in (pair.old, pair.new))
        if new == "Recreate" != old and not pair.old.get("spec", "strategy", "rollingUpdate"):
            message = (
                "the strategy cannot become Recreate: the rollingUpdate that was filled in stays"
            )
            yield pair.danger(message, "spec", "strategy", "type")


def stateful_set_changed(change: Change) -> Iterator[Danger]:
    """A field of a StatefulSet changes that cannot.

    The API server refuses another serviceName, podManagementPolicy and volumeClaimTemplates, sizes
    and labels in them included. Delete the StatefulSet without its pods (`kubectl delete
    --cascade=orphan`) in a window that you choose, and let the controller make it anew. One that a
    controller is told to replace leaves its claims, so that nothing is said of it, unless its
    persistentVolumeClaimRetentionPolicy says `whenDeleted: Delete`.
    """
    for pair in change.unforced("apps", "StatefulSet"):
        fields = ("serviceName", "podManagementPolicy", "volumeClaimTemplates")
        yield from _fixed(pair, *(("spec", field) for field in fields))


_JOB = (
    "backoffLimitPerIndex",
    "completionMode",
    "completions",
    "managedBy",
    "podFailurePolicy",
    "selector",
    "successPolicy",
    "template",
)


def job_changed(change: Change) -> Iterator[Danger]:
    """A field of a Job changes that cannot.

    The API server refuses another pod template, image included, selector, completions, or
    completionMode. Give the Job another name with each version, a generated one say, or have the
    controller replace it: Argo CD's hooks or `Force=true,Replace=true`, Flux's `force: enabled`.
    """
    for pair in change.unforced("batch", "Job"):
        yield from _fixed(pair, *(("spec", field) for field in _JOB))


def cluster_ip_changed(change: Change) -> Iterator[Danger]:
    """The address of a Service changes.

    The API server refuses another clusterIP, also to None where it has had one; leaving the field
    out keeps what there is. Give the Service another name, or delete it by hand in a window that
    you choose.
    """
    for pair in change.unforced("", "Service"):
        old, new = pair.old.get("spec", "clusterIP"), pair.new.get("spec", "clusterIP")
        external = "ExternalName" in [one.get("spec", "type") for one in (pair.old, pair.new)]
        if new and old != new and not external:
            yield pair.danger("spec.clusterIP cannot be changed", "spec", "clusterIP")


def claim_changed(change: Change) -> Iterator[Danger]:
    """A field of a PersistentVolumeClaim changes that cannot.

    The API server refuses everything but growth and another volumeAttributesClassName: access
    modes, selector, volumeName, volumeMode and dataSource stay as they are. Where a controller is
    told to replace it, by Argo CD's `Force=true,Replace=true` or Flux's `force: enabled`, the claim
    is deleted with its data and made anew, empty. Make a new claim, and copy the data. The class
    and the size have rules of their own.
    """
    for pair in change.unforced("", "PersistentVolumeClaim"):
        allowed = {"resources", "storageClassName", "volumeAttributesClassName"}
        # What the binder has filled in may be written out.
        if pair.old.get("spec", "volumeName") is None:
            allowed.add("volumeName")
        yield from _others(pair, "spec", allowed)


def volume_source_changed(change: Change) -> Iterator[Danger]:
    """The source of a PersistentVolume changes.

    The API server refuses another path, disk, driver or server of a volume that exists, another
    volumeMode, and another nodeAffinity than it has. One that a controller is told to replace is
    deleted as soon as no claim is bound to it, and the sync waits for that. Make a volume of
    another name.
    """
    allowed = {
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
    }
    for pair in change.unforced("", "PersistentVolume"):
        added = set() if pair.old.get("spec", "nodeAffinity") else {"nodeAffinity"}
        yield from _others(pair, "spec", allowed | added)


def storage_class_parameters_changed(change: Change) -> Iterator[Danger]:
    """A field of a StorageClass changes that cannot.

    The API server refuses other parameters, another provisioner, reclaimPolicy or
    volumeBindingMode. Make a class of another name for new claims; the claims that exist keep
    theirs.
    """
    for pair in change.unforced("storage.k8s.io", "StorageClass"):
        paths = (("parameters",), ("provisioner",), ("reclaimPolicy",), ("volumeBindingMode",))
        yield from _fixed(pair, *paths)


def secret_type_changed(change: Change) -> Iterator[Danger]:
    """The type of a Secret changes.

    The API server refuses it. Give the Secret another name, or leave its type.
    """
    for pair in change.unforced("", "Secret"):
        yield from _fixed(pair, ("type",))


def immutable_data_changed(change: Change) -> Iterator[Danger]:
    """A ConfigMap or Secret that says of itself that it is immutable changes.

    The API server refuses other data, and also to take `immutable` back. Give it another name with
    each content, as kustomize's generators do, and name that in what mounts it.
    """
    for pair in change.unforced("", "ConfigMap", "Secret"):
        same_name = pair.old.reference == pair.new.reference
        if pair.old.get("immutable") is True and same_name:
            paths = (("data",), ("binaryData",), ("stringData",), ("immutable",))
            yield from _fixed(pair, *paths)


def role_ref_changed(change: Change) -> Iterator[Danger]:
    """The role of a RoleBinding or ClusterRoleBinding changes.

    The API server refuses another roleRef. Give the binding another name; the old one is pruned.
    """
    kinds = ("RoleBinding", "ClusterRoleBinding")
    for pair in change.unforced("rbac.authorization.k8s.io", *kinds):
        yield from _fixed(pair, ("roleRef",))


_FIXED: dict[tuple[str, str], tuple[NodePath, ...]] = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (("spec", "group"), ("spec", "scope")),
    ("networking.k8s.io", "IngressClass"): (("spec", "controller"),),
    ("node.k8s.io", "RuntimeClass"): (("handler",),),
    ("scheduling.k8s.io", "PriorityClass"): (("value",), ("preemptionPolicy",)),
    ("storage.k8s.io", "CSIDriver"): (("spec", "attachRequired"), ("spec", "volumeLifecycleModes")),
    ("storage.k8s.io", "VolumeAttributesClass"): (("driverName",), ("parameters",)),
    ("", "ResourceQuota"): (("spec", "scopes"),),
}


def immutable_field_changed(change: Change) -> Iterator[Danger]:
    """A field changes that the API server lets nobody change.

    That is the scope of a CustomResourceDefinition, the controller of an IngressClass, the handler
    of a RuntimeClass, value and preemptionPolicy of a PriorityClass, the scopes of a ResourceQuota,
    driver and parameters of a VolumeAttributesClass. Make an object of another name. To replace a
    CustomResourceDefinition, as a controller may be told to, deletes every object of its kind.
    """
    for (group, kind), paths in _FIXED.items():
        for pair in change.unforced(group, kind):
            yield from _fixed(pair, *paths)


RULES = tuple(
    Rule(run, Weight.REFUSE)
    for run in (
        selector_changed,
        strategy_changed,
        stateful_set_changed,
        job_changed,
        cluster_ip_changed,
        claim_changed,
        volume_source_changed,
        storage_class_parameters_changed,
        secret_type_changed,
        immutable_data_changed,
        role_ref_changed,
        immutable_field_changed,
    )
)
