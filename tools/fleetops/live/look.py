"""A cluster looked at: who syncs a folder into it, and what is there of a render."""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.live.argo import APPLICATIONS, read_application
from fleetops.live.flux import KUSTOMIZATIONS, read_kustomization, source_path
from fleetops.manifests import Manifest, home, images
from fleetops.rehearsal.rollouts import MOVING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fleetops.kube import Client, Kinds, Resource
    from fleetops.live.sync import Sync
    from fleetops.manifests import Reference


class Controllers(Struct, frozen=True):
    """Every Application and Kustomization in a cluster."""

    client: Client
    applications: Sequence[Any]
    kustomizations: Sequence[Any]
    unseen: tuple[str, ...]
    """In the API server's words, what it does not let be listed."""

    def of(self, folder: str) -> list[Sync]:
        """Give what syncs a folder of a repository, and what is said of it."""
        read = (
            *(read_application(one, folder) for one in self.applications),
            *(_kustomization(self.client, one, folder) for one in self.kustomizations),
        )
        return [one for one in read if one is not None]


def controllers(client: Client) -> Controllers:
    """List what syncs into a cluster, in all namespaces; raises as `Client.get` does."""
    unseen: list[str] = []
    applications, kustomizations = (
        _listed(client, path, unseen) for path in (APPLICATIONS, KUSTOMIZATIONS)
    )
    return Controllers(client, applications, kustomizations, tuple(unseen))


def again(client: Client, sync: Sync, folder: str) -> Sync | None:
    """Read it once more; None where it is gone, or syncs another folder by now."""
    reference = sync.resource
    every = APPLICATIONS if sync.controller == "argocd" else KUSTOMIZATIONS
    prefix, _, plural = every.rpartition("/")
    value = client.get(f"{prefix}/namespaces/{reference.namespace}/{plural}/{reference.name}")
    if value is None:
        return None
    if sync.controller == "argocd":
        return read_application(value, folder)
    return _kustomization(client, value, folder)


def _kustomization(client: Client, value: Any, folder: str) -> Sync | None:  # noqa: ANN401
    found = read_kustomization(value, None, folder)
    path = source_path(value) if found else None
    return read_kustomization(value, client.get(path), folder) if path else found


def _listed(client: Client, path: str, unseen: list[str]) -> Sequence[Any]:
    answer = client.ask("GET", path)
    if answer.status == HTTPStatus.FORBIDDEN:
        unseen.append(answer.message)
        return ()
    return () if answer.absent else answer.demand()["items"] or ()


def placed(manifests: Iterable[Manifest], sync: Sync | None) -> Iterator[Manifest]:
    """Give the workloads and claims of a render, where the controller puts them."""
    for manifest in manifests:
        reference = manifest.reference
        if (reference.group, reference.kind) not in MOVING and not any(images(manifest.value)):
            continue
        namespace = reference.namespace
        if sync is not None and sync.namespace and (sync.forced or not namespace):
            namespace = sync.namespace
        moved = reference._replace(namespace=home(namespace))
        yield Manifest(moved, manifest.api_version, manifest.value)


def present(
    client: Client, kinds: Kinds, manifests: Iterable[Manifest]
) -> Mapping[Reference, Manifest]:
    """Give those of the manifests that are in the cluster, as they are there.

    They are listed by kind and namespace; raises as `Client.get` does.
    """
    wanted: dict[tuple[Resource, str], list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        resource = kinds.of(manifest)
        if resource is not None:
            namespace = manifest.reference.namespace if resource.namespaced else ""
            wanted[resource, namespace].append(manifest)
    found = {}
    for (resource, namespace), ones in wanted.items():
        named = {one["metadata"]["name"]: one for one in client.items(resource.path(namespace))}
        for one in ones:
            if value := named.get(one.reference.name):
                # The items of a list do not say what they are.
                kind = {"apiVersion": one.api_version, "kind": one.reference.kind}
                found[one.reference] = Manifest(one.reference, one.api_version, kind | value)
    return found
