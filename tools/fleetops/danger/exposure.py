"""Rules on what opens an environment: to the network, to the node, to whoever reads Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.checks.secrets import plain_text_secret
from fleetops.danger.interface import Danger, Rule, Weight
from fleetops.danger.privileges import gained
from fleetops.manifests import images, mappings, split_image, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.danger.interface import Change
    from fleetops.manifests import Manifest

_EXPOSED = ("NodePort", "LoadBalancer")
_CLUSTER_ADMIN = "cluster-admin"


def service_exposed(change: Change) -> Iterator[Danger]:
    """A Service comes to be reached from outside of the cluster.

    Its type is NodePort or LoadBalancer and was not before: a port is open on every node, or a load
    balancer gets an address that may be public. Leave it at ClusterIP, and let an Ingress or a
    Gateway lead to it, unless this is meant.
    """
    for service in change.after.of("", "Service"):
        kind = service.get("spec", "type")
        before = change.before.find(*service.reference)
        if kind in _EXPOSED and (before is None or before.get("spec", "type") not in _EXPOSED):
            yield Danger(f"becomes a {kind}", service, ("spec", "type"))


def privilege_gained(change: Change) -> Iterator[Danger]:
    """A container gets a privilege.

    It may do to the node what it could not before: it is privileged, shares a namespace of the
    host, mounts a folder or takes a port of it, has a capability more, may gain privileges, may be
    root, or runs without seccomp. Who breaks into it has the node sooner. A container that is new
    in a workload is measured by those that it had. Take back what it does not need.
    """
    for before, workload in change.workloads():
        for (what, name), path in gained(before, workload):
            of = f"the container {name}" if name else "the pod"
            yield Danger(f"{of} {what}", workload.manifest, written(workload.manifest, *path))


def cluster_admin_bound(change: Change) -> Iterator[Danger]:
    """Somebody becomes cluster-admin.

    A binding to cluster-admin is new, or has a subject more, who may then do everything, in a
    RoleBinding everything in its namespace. Bind a role that has only what is needed.
    """
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in change.after.of("rbac.authorization.k8s.io", kind):
            if binding.get("roleRef", "name") != _CLUSTER_ADMIN:
                continue
            before = change.before.find(*binding.reference)
            same_role = before is not None and before.get("roleRef", "name") == _CLUSTER_ADMIN
            known = {_subject(one) for _, one in _subjects(before)} if same_role else set()
            for index, one in _subjects(binding):
                if _subject(one) not in known:
                    message = f"{' '.join(_subject(one)[:2])} becomes cluster-admin"
                    yield Danger(message, binding, ("subjects", index))


def _subjects(binding: Manifest | None) -> Iterator[tuple[int, dict[str, object]]]:
    return mappings(binding.get("subjects") if binding else None)


def _subject(subject: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(subject.get(key) or "") for key in ("kind", "name", "namespace"))


def secret_exposed(change: Change) -> Iterator[Danger]:
    """A secret comes to stand in Git in plain text.

    Whoever can read the repository has it, and so has every copy of its history, also after it is
    taken out again. Revoke it, and let the cluster make the Secret: an ExternalSecret, a
    SealedSecret, or SOPS.
    """
    known = {(one.resource, one.message) for one in plain_text_secret(change.before)}
    for problem in plain_text_secret(change.after):
        if problem.resource is not None and (problem.resource, problem.message) not in known:
            manifest = change.after.find(*problem.resource)
            if manifest is not None:
                yield Danger(problem.message, manifest, problem.path)


def registry_not_allowed(change: Change) -> Iterator[Danger]:
    """An image comes from a registry that is not allowed.

    `registries` in fleetops.yaml names where images may come from, as it was before the change. An
    entry is a registry, or a registry with the beginning of a path: `ghcr.io/example`. Images
    without a registry are docker.io's, those of one word are in docker.io/library. Mirror the image
    to where it may come from, or have the registry allowed first.
    """
    if not change.registries:
        return
    said = f"is from a registry that is not allowed; allowed: {', '.join(change.registries)}"
    known = {reference for one in change.before.manifests for _, reference in images(one.value)}
    for manifest in change.after.manifests:
        for path, reference in images(manifest.value):
            whole = f"{_whole(split_image(reference).name)}/"
            allowed = any(whole.startswith(f"{one.rstrip('/')}/") for one in change.registries)
            if not allowed and reference not in known:
                yield Danger(f"{reference} {said}", manifest, path)


def _whole(name: str) -> str:
    """Give the name of an image with its registry, as a container runtime reads it."""
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


RULES = tuple(
    Rule(run, Weight.REFUSE)
    for run in (
        service_exposed,
        privilege_gained,
        cluster_admin_bound,
        secret_exposed,
        registry_not_allowed,
    )
)
