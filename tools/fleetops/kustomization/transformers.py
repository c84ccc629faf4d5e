"""What the fields of a kustomization make of its objects: names, labels, replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.manifests import dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.errors import Place
    from fleetops.goyaml import NodePath
    from fleetops.kustomization.closure import Kustomization
    from fleetops.manifests import Manifest

_REPLICATED = {"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"}
_SELECTING = {"labels", "matchLabels", "selector"}


def transformed(
    kustomization: Kustomization, manifest: Manifest, path: NodePath
) -> Iterator[Place]:
    """Give the places that decide the field at a path, the strongest first.

    Images have a module of their own.
    """
    value = kustomization.document.value
    rendered = manifest.get(*path)
    if path == ("spec", "replicas") and manifest.reference.kind in _REPLICATED:
        for index, item in mappings(value.get("replicas")):
            name = item.get("name")
            named = isinstance(name, str) and name != "" and name in manifest.reference.name
            if named and item.get("count") == rendered:
                yield kustomization.place("replicas", index, "count")
    elif path[-1:] == ("namespace",) and value.get("namespace") == rendered is not None:
        yield kustomization.place("namespace")
    elif isinstance(rendered, dict) and path[-1:] in {("annotations",), ("labels",)}:
        # Labels of which not one was there before.
        places = [[*_paired(kustomization, (*path, key), rendered[key])] for key in rendered]
        if places and all(places):
            yield places[0][0]
    elif path:
        yield from _paired(kustomization, path, rendered)


def _paired(kustomization: Kustomization, path: NodePath, rendered: object) -> Iterator[Place]:
    """Give the places of a label or annotation."""
    value = kustomization.document.value
    *_, holder, key = (None, *path)
    if holder == "annotations" and dig(value, "commonAnnotations", key) == rendered is not None:
        yield kustomization.place("commonAnnotations", key)
    if holder not in _SELECTING:
        return
    if dig(value, "commonLabels", key) == rendered is not None:
        yield kustomization.place("commonLabels", key)
    for index, item in mappings(value.get("labels")):
        # Where else than in the object's own metadata is what the entry says beside them.
        further = {"includeSelectors", "includeTemplates", "fields"} & {
            name for name, said in item.items() if said
        }
        if dig(item, "pairs", key) == rendered is not None and (
            further or path[:2] == ("metadata", "labels")
        ):
            yield kustomization.place("labels", index, "pairs", key)
