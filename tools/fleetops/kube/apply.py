"""Objects applied and deleted as a GitOps controller does it."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fleetops.kube.client import APPLY, Answer
from fleetops.kube.kinds import in_namespace
from fleetops.manifests import Manifest, Reference, dig, home, mappings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fleetops.kube.client import Client
    from fleetops.kube.kinds import Kinds

CRD: Final = "CustomResourceDefinition"
NAMESPACE: Final = "Namespace"

_QUERY: Final = "?fieldManager=fleetops&force=true&fieldValidation=Strict"
_DELETE: Final = b'{"propagationPolicy":"Background","gracePeriodSeconds":0}'
_IN_EACH: Final = ("configmaps", "serviceaccounts", "events")
_POLL: Final = 0.02
_SECONDS: Final = 60.0
# What others need to be there first, as kustomize's legacy order has it (api/types/sortoptions.go
# and legacyordertransformer.go); a webhook comes last, for it would judge the others.
_FIRST: Final = (
    NAMESPACE,
    CRD,
    "ResourceQuota",
    "LimitRange",
    "PriorityClass",
    "StorageClass",
    "ServiceAccount",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "PersistentVolume",
    "PersistentVolumeClaim",
)
_LAST: Final = (
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)


def in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Sort manifests into the order in which they are applied; equals keep theirs."""
    return sorted(manifests, key=lambda one: _rank(one.reference.kind))


def _rank(kind: str) -> int:
    if kind in _FIRST:
        return _FIRST.index(kind)
    return len(_FIRST) + (1 + _LAST.index(kind) if kind in _LAST else 0)


def apply(client: Client, kinds: Kinds, manifest: Manifest, *, dry_run: bool = False) -> Answer:
    """Apply an object, server-side and with force; raises as `Client.get` does.

    201 is the status of a new object; a kind that is not served is answered like an absent object.
    """
    path = path_of(kinds, manifest)
    if path is None:
        return not_served(manifest)
    query = f"{_QUERY}&dryRun=All" if dry_run else _QUERY
    return client.ask("PATCH", f"{path}{query}", msgspec.json.encode(manifest.value), APPLY)


def delete(client: Client, kinds: Kinds, manifest: Manifest) -> Answer:
    """Delete an object at once, its dependents behind it; raises as `Client.get` does."""
    path = path_of(kinds, manifest)
    return client.ask("DELETE", path, _DELETE) if path else not_served(manifest)


def finalize(client: Client, name: str) -> None:
    """Let a namespace go that is being deleted, and has nothing in it but what each has.

    Its controller would do so, but waits five seconds first (namespaceDeletionGracePeriod in
    kubernetes/pkg/controller/namespace).
    """
    path = in_namespace(name, "")[:-1]
    value = client.get(path)
    if value is not None:
        for plural in _IN_EACH:
            client.ask("DELETE", f"{path}/{plural}")
        body = msgspec.json.encode({**value, "spec": {"finalizers": []}})
        client.ask("PUT", f"{path}/finalize", body)


def drop_finalizers(client: Client, kinds: Kinds, manifest: Manifest) -> None:
    """Let an object go that waits for what nobody here does."""
    path = path_of(kinds, manifest)
    if path is not None:
        body = b'{"metadata":{"finalizers":null}}'
        client.ask("PATCH", path, body, "application/merge-patch+json")


def live(client: Client, kinds: Kinds, manifest: Manifest) -> Any | None:  # noqa: ANN401
    """Give the object as it is in the cluster, None where it is not."""
    path = path_of(kinds, manifest)
    return client.get(path) if path else None


def path_of(kinds: Kinds, manifest: Manifest) -> str | None:
    """Give the path of an object, None where its kind is not served."""
    resource = kinds.of(manifest)
    if resource is None:
        return None
    reference = manifest.reference
    return resource.path(home(reference.namespace), reference.name)


def not_served(manifest: Manifest) -> Answer:
    """Answer for a kind that the API server does not serve, in kubectl's words."""
    words = f'no matches for kind "{manifest.reference.kind}" in version "{manifest.api_version}"'
    return Answer(HTTPStatus.NOT_FOUND, {"message": words})


def namespace(name: str, labels: Any = None) -> Manifest:  # noqa: ANN401
    """Give the manifest of a namespace, whose labels need not be any."""
    metadata = {"name": name} | ({"labels": labels} if labels else {})
    value = {"apiVersion": "v1", "kind": NAMESPACE, "metadata": metadata}
    return Manifest(Reference("", NAMESPACE, "", name), "v1", value)


def await_that(condition: Callable[[], bool]) -> bool:
    """Wait until a condition is met that controllers see to at once; False where they do not."""
    deadline = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL)
    return True


def await_gone(client: Client, kinds: Kinds, manifest: Manifest) -> bool:
    """Wait until an object that was deleted is gone; False where that takes too long."""
    return await_that(lambda: live(client, kinds, manifest) is None)


def await_account(client: Client, name: str) -> bool:
    """Wait for the account that the pods of a new namespace run as unless they name another."""
    path = in_namespace(name, "serviceaccounts/default")
    return await_that(lambda: client.get(path) is not None)


def await_definition(client: Client, manifest: Manifest) -> bool:
    """Wait until the objects of a new CustomResourceDefinition can be created."""
    return await_that(lambda: all(map(client.serves, _paths(manifest))))


def await_no_definition(client: Client, manifest: Manifest) -> bool:
    """Wait until nothing is served any more of a CustomResourceDefinition that is gone.

    Until then, objects of another one of its name would be judged by the old one.
    """
    return await_that(lambda: not any(map(client.serves, _paths(manifest))))


def _paths(definition: Manifest) -> list[str]:
    spec = definition.value.get("spec")
    group, plural = dig(spec, "group"), dig(spec, "names", "plural")
    return [
        f"/apis/{group}/{version.get('name')}/{plural}"
        for _, version in mappings(dig(spec, "versions"))
        if version.get("served")
    ]
