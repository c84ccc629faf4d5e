"""What a render consists of: manifests, and what is found about them."""

from __future__ import annotations

import enum
import re
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reference(NamedTuple):
    """The identity of an object in a cluster, whatever its version."""

    group: str
    """Empty for the core group."""
    kind: str
    namespace: str
    """Empty for objects of the whole cluster."""
    name: str

    def __str__(self) -> str:
        """Say it as kubectl does, the namespace in front."""
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else self.short

    @property
    def short(self) -> str:
        """Kind and name, as in `Deployment/fleetman-queue`."""
        return f"{self.kind}/{self.name}"


class Manifest(Struct, frozen=True):
    """One object of a render."""

    reference: Reference
    api_version: str
    value: dict[str, Any]

    def get(self, *path: str | int) -> Any:  # noqa: ANN401
        """Follow keys and indices; None where one is absent or the value is of another shape."""
        return dig(self.value, *path)


def dig(value: Any, *path: str | int) -> Any:  # noqa: ANN401
    """Follow keys and indices; None where one is absent or the value is of another shape."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def written(manifest: Manifest, *path: str | int) -> goyaml.NodePath:
    """Cut a path to the part of it that stands in the manifest."""
    while path and manifest.get(*path) is None:
        path = path[:-1]
    return path


def home(namespace: str) -> str:
    """Give the namespace that an object is in, where an empty one stands for the default."""
    return namespace or "default"


def mappings(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:  # noqa: ANN401
    """Give the mappings in a list with their indices; nothing where it is not a list."""
    if isinstance(value, list):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))


class Image(NamedTuple):
    """A reference to an image, taken apart as kustomize does (api/internal/image, Split)."""

    name: str
    version: str
    """What follows the name: `:tag`, `@digest`, both or nothing."""


def split_image(reference: str) -> Image:
    """Take a reference apart; a colon before a slash belongs to the registry's port."""
    slash = max(reference.find("/"), 0)
    ends = [at for at in (reference.find(":", slash), reference.find("@", slash)) if at >= 0]
    end = min(ends, default=len(reference))
    return Image(reference[:end], reference[end:])


def images(value: Any, path: goyaml.NodePath = ()) -> Iterator[tuple[goyaml.NodePath, str]]:  # noqa: ANN401
    """Give every image that an object runs or mounts, with the path to it.

    That is where kustomize looks for them: in any list of containers, whatever the object's kind,
    and in image volumes.
    """
    for key, item in _children(value):
        place = _IMAGES.get(key) if isinstance(key, str) else None
        if place is not None:
            for index, holder in mappings(item):
                reference = dig(holder, *place)
                if isinstance(reference, str):
                    yield (*path, key, index, *place), reference
        elif isinstance(item, dict | list):
            yield from images(item, (*path, key))


def strings(value: Any, path: goyaml.NodePath = ()) -> Iterator[tuple[goyaml.NodePath, str]]:  # noqa: ANN401
    """Give every string in a value, with the path to it."""
    if isinstance(value, str):
        yield path, value
    for key, item in _children(value):
        yield from strings(item, (*path, key))


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


_IMAGES: dict[str, tuple[str, ...]] = {
    "containers": ("image",),
    "initContainers": ("image",),
    "ephemeralContainers": ("image",),
    "volumes": ("image", "reference"),
}


def parse(text: str, path: str) -> tuple[Manifest, ...]:
    """Read a render; the items of a `kind: List` count as objects of their own.

    Of two renders most documents are the same: those are read once, and are the same objects.
    Raises InputError for YAML that Go would not read and for a document that is no object.
    """
    if text.endswith("\n") and not _WHOLE.search(text):
        documents = (f"{document}\n" for document in text[:-1].split("\n---\n"))
        try:
            return tuple(chain.from_iterable(map(_known, documents)))
        except InputError:
            # Only the whole tells the line.
            pass
    return _parsed(text, path)


_WHOLE = re.compile(r"[&\ufeff]|^(%|\.\.\.)", re.MULTILINE)
"""What may have a meaning beyond its document, or another at the start of a stream."""
_SHORT = 16 * 1024
_REMEMBERED = 1024


def _known(document: str) -> tuple[Manifest, ...]:
    return (_remembered if len(document) <= _SHORT else _parsed)(document, "")


def _parsed(text: str, path: str) -> tuple[Manifest, ...]:
    found: list[Manifest] = []
    for document in goyaml.read(text, path):
        if document.value is not None:
            found.extend(_objects(document.value, Place(path, document.line)))
    return tuple(found)


_remembered = lru_cache(_REMEMBERED)(_parsed)


def places(text: str, path: str) -> tuple[tuple[goyaml.Document, goyaml.NodePath], ...]:
    """Give where each object that `parse` gives stands: its document, and the path in it."""
    return tuple(
        (document, at)
        for document in goyaml.read(text, path, marks=True)
        if document.value is not None
        for at in _paths(document.value, ())
    )


def _paths(value: Any, at: goyaml.NodePath) -> Iterator[goyaml.NodePath]:  # noqa: ANN401
    if _is_list(value):
        for index, item in enumerate(value["items"]):
            yield from _paths(item, (*at, "items", index))
    else:
        yield at


def _is_list(value: Any) -> bool:  # noqa: ANN401
    return str(dig(value, "kind")).endswith("List") and isinstance(dig(value, "items"), list)


def _objects(value: Any, place: Place) -> Iterator[Manifest]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise InputError("is a document that is no Kubernetes object", place=place)
    kind, version = value.get("kind"), value.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str):
        raise InputError("is a document without kind and apiVersion", place=place)
    if not _KIND.fullmatch(kind) or not _VERSION.fullmatch(version):
        # They become part of a schema's path.
        raise InputError(f"is a document of a kind that cannot be: {version} {kind}", place=place)
    if _is_list(value):
        for item in value["items"]:
            yield from _objects(item, place)
        return
    metadata = value.get("metadata")
    name = dig(metadata, "name")
    if not isinstance(name, str) or not name:
        raise InputError(f"is a {kind} without metadata.name", place=place)
    namespace = dig(metadata, "namespace")
    group = version.rpartition("/")[0]
    # On an object of the whole cluster the API server takes it away.
    if not isinstance(namespace, str) or (namespace and f"{group}/{kind}" in _cluster_scoped()):
        namespace = ""
    yield Manifest(Reference(group, kind, namespace, name), version, value)


@cache
def _cluster_scoped() -> frozenset[str]:
    """Give the kinds of Kubernetes that are of the whole cluster, as `group/Kind`."""
    data = Path(__file__).parent / "schemas" / "cluster_scoped.json"
    return frozenset(msgspec.json.decode(data.read_bytes()))


_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_VERSION = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[a-z0-9]+")


TEMPLATES: dict[str, goyaml.NodePath] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Where the kinds that make pods say what these are."""


def pod_template(manifest: Manifest) -> goyaml.NodePath | None:
    """Give the path to what holds the metadata and spec of the pods; None where it makes none."""
    if manifest.reference.group in {"", "apps", "batch"}:
        return TEMPLATES.get(manifest.reference.kind)
    # Argo's Rollout, OpenKruise's sets, Knative's Service: they all carry a pod template there.
    path = ("spec", "template")
    return path if isinstance(manifest.get(*path, "spec", "containers"), list) else None


class Severity(enum.StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """Fails the validation."""
    WARNING = "warning"
    """Is said, and does not fail it."""
