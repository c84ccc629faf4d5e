"""The kinds that an API server serves, and the paths of their objects."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.kube.client import Client
    from fleetops.manifests import Manifest


class Resource(Struct, frozen=True):
    """A kind, as an API server serves it."""

    prefix: str
    """As in `/apis/apps/v1`."""
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Give the path of an object, or of all where no name is given.

        `namespace` does not count for an object of the whole cluster; where it is empty, the path
        is that of all namespaces.
        """
        path = in_namespace(namespace if self.namespaced else "", self.plural, self.prefix)
        return f"{path}/{quote(name, safe='')}" if name else path


def in_namespace(namespace: str, plural: str, prefix: str = "/api/v1") -> str:
    """Give the path of the objects of a kind in a namespace, or in all where none is given."""
    inside = f"namespaces/{quote(namespace, safe='')}/" if namespace else ""
    return f"{prefix}/{inside}{plural}"


class Kinds:
    """Answers which resource a kind is; an API group is asked for when it is first needed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Mapping[str, Resource]] = {}

    def find(self, api_version: str, kind: str) -> Resource | None:
        """Find the resource of a kind, None where the API server does not serve it.

        Raises as `Client.get` does.
        """
        resource = self._known.get(api_version, {}).get(kind)
        if resource is None:
            # It may have come meanwhile, by a CustomResourceDefinition.
            self._known[api_version] = _served(self._client, api_version)
            resource = self._known[api_version].get(kind)
        return resource

    def of(self, manifest: Manifest) -> Resource | None:
        """Find the resource of a manifest."""
        return self.find(manifest.api_version, manifest.reference.kind)


def _served(client: Client, api_version: str) -> dict[str, Resource]:
    prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    listed = client.get(prefix) or {}
    return {
        one["kind"]: Resource(prefix, one["name"], one["namespaced"])
        for one in listed.get("resources") or ()
        # The others are parts of these, as `pods/log` is.
        if "/" not in one["name"]
    }
