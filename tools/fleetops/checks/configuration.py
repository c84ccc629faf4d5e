"""Checks on what pods are given: ConfigMaps, Secrets, accounts, priorities, rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity, dig, home, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene
    from fleetops.checks.pods import Workload
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest


def config_map_absent(scene: Scene) -> Iterator[Problem]:
    """A ConfigMap is used that is not there.

    A pod that takes its environment or a volume from an absent ConfigMap does not start, and stays
    in CreateContainerConfigError or ContainerCreating. Add the ConfigMap to the namespace of the
    workload, correct the name, or say `optional: true` if the pod can do without.
    `kube-root-ca.crt`, which every namespace has, counts as present.
    """
    for use in _uses(scene, "ConfigMap"):
        if use.target(scene) is None and use.name != "kube-root-ca.crt":
            yield _absent(use)


def secret_absent(scene: Scene) -> Iterator[Problem]:
    """A Secret is used that is not there.

    A pod that takes its environment or a volume from an absent Secret does not start; without its
    image pull secret a private image is not pulled, and without its TLS secret an Ingress has no
    certificate. An ExternalSecret, a SealedSecret, a cert-manager Certificate, or an Ingress that
    names a cert-manager issuer, counts for the Secret that it makes. Add the Secret or what makes
    it, correct the name, or say `optional: true`. Where somebody makes it by hand in the cluster,
    excuse this finding in fleetops.yaml, with the reason.
    """
    made = _made_secrets(scene)
    for use in _uses(scene, "Secret"):
        if use.target(scene) is None and use.key not in made:
            yield _absent(use)


def configuration_key_absent(scene: Scene) -> Iterator[Problem]:
    """A ConfigMap or a Secret lacks a key that is asked of it.

    The object is there, but the pod does not start without the key: it stays in
    CreateContainerConfigError or ContainerCreating. Add the key, correct its name, or say
    `optional: true`. The keys of a Secret that a controller makes or fills are not known, so
    nothing is said of them.
    """
    made = _made_secrets(scene)
    for kind in ("ConfigMap", "Secret"):
        for use in _uses(scene, kind):
            target = use.target(scene)
            if target is None or use.key in made:
                continue
            if target.get("type") == "kubernetes.io/service-account-token":
                continue
            for path, key in use.keys:
                if not any(_has(target.get(part), key) for part in _PARTS):
                    message = f"the {kind} {use.name} has no key {key}"
                    yield Problem(message, use.manifest.reference, path)


_PARTS = ("data", "binaryData", "stringData")


def _has(part: Any, key: str) -> bool:  # noqa: ANN401
    return isinstance(part, dict) and key in part


class _Use(Struct, frozen=True):
    """A place that needs a ConfigMap or a Secret, not one that can do without."""

    manifest: Manifest
    kind: str
    name: str
    path: NodePath
    """To the name."""
    keys: tuple[tuple[NodePath, str], ...]
    """The keys that it asks for, and where."""

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name of what is needed."""
        return home(self.manifest.reference.namespace), self.name

    def target(self, scene: Scene) -> Manifest | None:
        return scene.find("", self.kind, *self.key)


def _absent(use: _Use) -> Problem:
    message = f"there is no {use.kind} {use.name} in its namespace"
    return Problem(message, use.manifest.reference, use.path)


def _uses(scene: Scene, kind: str) -> Iterator[_Use]:
    for workload in scene.workloads:
        yield from _in_containers(workload, kind)
        yield from _in_volumes(workload, kind)
        if kind == "Secret":
            path = (*workload.template, "spec", "imagePullSecrets")
            yield from _listed(workload.manifest, path, "name")
    if kind == "Secret":
        for account in scene.of("", "ServiceAccount"):
            yield from _listed(account, ("imagePullSecrets",), "name")
        for ingress in scene.of("networking.k8s.io", "Ingress"):
            yield from _listed(ingress, ("spec", "tls"), "secretName")


def _in_containers(workload: Workload, kind: str) -> Iterator[_Use]:
    one, all_of_it = (
        ("configMapKeyRef", "configMapRef")
        if kind == "ConfigMap"
        else ("secretKeyRef", "secretRef")
    )
    for path, container in workload.containers():
        for index, variable in mappings(container.get("env")):
            where = (*path, "env", index, "valueFrom", one)
            yield from _use(workload.manifest, kind, where, dig(variable, "valueFrom", one))
        for index, source in mappings(container.get("envFrom")):
            where = (*path, "envFrom", index, all_of_it)
            yield from _use(workload.manifest, kind, where, source.get(all_of_it))


def _in_volumes(workload: Workload, kind: str) -> Iterator[_Use]:
    step, key = ("configMap", "name") if kind == "ConfigMap" else ("secret", "secretName")
    for index, volume in mappings(workload.spec.get("volumes")):
        path = (*workload.template, "spec", "volumes", index)
        yield from _use(workload.manifest, kind, (*path, step), volume.get(step), key)
        for place, source in mappings(dig(volume, "projected", "sources")):
            where = (*path, "projected", "sources", place, step)
            yield from _use(workload.manifest, kind, where, source.get(step))


def _listed(manifest: Manifest, path: NodePath, key: str) -> Iterator[_Use]:
    for index, item in mappings(manifest.get(*path)):
        yield from _use(manifest, "Secret", (*path, index), item, key)


def _use(
    manifest: Manifest,
    kind: str,
    path: NodePath,
    value: Any,  # noqa: ANN401
    name_key: str = "name",
) -> Iterator[_Use]:
    name = dig(value, name_key)
    if not isinstance(name, str) or not name or value.get("optional") is True:
        return
    asked = [((*path, "key"), value.get("key"))]
    asked += [
        ((*path, "items", index, "key"), item.get("key"))
        for index, item in mappings(value.get("items"))
    ]
    keys = tuple((where, key) for where, key in asked if isinstance(key, str))
    yield _Use(manifest, kind, name, (*path, name_key), keys)


_ISSUERS = ("cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme")


def _made_secrets(scene: Scene) -> frozenset[tuple[str, str]]:
    """Namespace and name of the Secrets that controllers make of other objects."""
    return frozenset(
        (home(manifest.reference.namespace), name)
        for manifest in scene.manifests
        for name in _makes(manifest)
        if isinstance(name, str)
    )


def _makes(manifest: Manifest) -> Iterator[Any]:
    match manifest.reference.group, manifest.reference.kind:
        case "external-secrets.io", "ExternalSecret":
            yield manifest.get("spec", "target", "name") or manifest.reference.name
        case "bitnami.com", "SealedSecret":
            yield manifest.reference.name
        case "cert-manager.io", "Certificate":
            yield manifest.get("spec", "secretName")
        case "networking.k8s.io", "Ingress":
            annotations = manifest.get("metadata", "annotations")
            if any(_has(annotations, issuer) for issuer in _ISSUERS):
                for _, item in mappings(manifest.get("spec", "tls")):
                    yield item.get("secretName")


def service_account_absent(scene: Scene) -> Iterator[Problem]:
    """A workload runs as a ServiceAccount that is not there.

    The controller of the workload then makes no pods at all, and says so only in an event. Add the
    ServiceAccount to the workload's namespace, or correct serviceAccountName. The account
    `default`, which every namespace has, counts as present.
    """
    for workload in scene.workloads:
        # The old field is only heeded where the new one is empty.
        key = "serviceAccountName" if workload.spec.get("serviceAccountName") else "serviceAccount"
        name = workload.spec.get(key)
        if isinstance(name, str) and not _has_account(scene, workload.namespace, name):
            message = f"there is no ServiceAccount {name} in its namespace"
            where = (*workload.template, "spec", key)
            yield Problem(message, workload.manifest.reference, where)


def _has_account(scene: Scene, namespace: str, name: str) -> bool:
    if name in {"", "default"}:
        return True
    return scene.find("", "ServiceAccount", namespace, name) is not None


def priority_class_absent(scene: Scene) -> Iterator[Problem]:
    """A workload names a PriorityClass that is not there.

    The API server refuses its pods, so the workload gets none. Add the PriorityClass to the render,
    or correct priorityClassName. Those whose names begin with `system-` come with the cluster.
    """
    for workload in scene.workloads:
        name = workload.spec.get("priorityClassName")
        if not isinstance(name, str) or not name or name.startswith("system-"):
            continue
        if scene.find("scheduling.k8s.io", "PriorityClass", "", name) is None:
            message = f"there is no PriorityClass {name}"
            where = (*workload.template, "spec", "priorityClassName")
            yield Problem(message, workload.manifest.reference, where)


_RBAC = "rbac.authorization.k8s.io"
_BUILT_IN = {"admin", "cluster-admin", "edit", "view"}


def role_absent(scene: Scene) -> Iterator[Problem]:
    """A binding grants a role that is not there.

    The API server takes the binding, and it grants nothing: what depends on it is refused at run
    time. Add the Role to the binding's namespace or the ClusterRole to the render, or correct
    roleRef. The ClusterRoles admin, cluster-admin, edit, view and `system:…` come with the cluster.
    """
    for binding in _bindings(scene):
        kind, name = binding.get("roleRef", "kind"), binding.get("roleRef", "name")
        if not isinstance(name, str) or kind not in ("Role", "ClusterRole"):
            continue
        if kind == "ClusterRole" and (name in _BUILT_IN or name.startswith("system:")):
            continue
        namespace = binding.reference.namespace if kind == "Role" else ""
        if scene.find(_RBAC, kind, namespace, name) is None:
            yield Problem(f"there is no {kind} {name}", binding.reference, ("roleRef", "name"))


def subject_absent(scene: Scene) -> Iterator[Problem]:
    """A binding grants its role to a ServiceAccount that is not there.

    The right goes to nobody, and whoever later makes an account of that name gets it. This is
    looked at in the namespaces for which the render has workloads or ServiceAccounts; an account of
    another namespace, such as that of a monitoring system, belongs to somebody else. Add the
    ServiceAccount, or correct the subject's name or namespace.
    """
    ours = {home(workload.namespace) for workload in scene.workloads}
    ours |= {home(account.reference.namespace) for account in scene.of("", "ServiceAccount")}
    for binding in _bindings(scene):
        for index, subject in mappings(binding.get("subjects")):
            name, namespace = subject.get("name"), subject.get("namespace")
            if subject.get("kind") != "ServiceAccount" or not isinstance(name, str):
                continue
            own = binding.reference.namespace
            where = home(namespace if isinstance(namespace, str) and namespace else own)
            if where in ours and not _has_account(scene, where, name):
                message = f"there is no ServiceAccount {name} in the namespace {where}"
                yield Problem(message, binding.reference, ("subjects", index, "name"))


def _bindings(scene: Scene) -> Iterator[Manifest]:
    yield from scene.of(_RBAC, "RoleBinding")
    yield from scene.of(_RBAC, "ClusterRoleBinding")


CHECKS = (
    Check(config_map_absent, Severity.ERROR),
    Check(secret_absent, Severity.ERROR),
    Check(configuration_key_absent, Severity.ERROR),
    Check(service_account_absent, Severity.ERROR),
    Check(priority_class_absent, Severity.ERROR),
    Check(role_absent, Severity.ERROR),
    Check(subject_absent, Severity.ERROR),
)
