"""The objects that sync environments and stand in no overlay: Argo CD's, and Flux's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product, takewhile
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.danger.syncing import SOURCES, syncs
from fleetops.discovery.files import folders
from fleetops.discovery.synced import Patterns, synced_folders
from fleetops.errors import InputError, Place
from fleetops.kustomization import NAMES
from fleetops.manifests import parse, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fleetops.files import Repository
    from fleetops.goyaml import Document, NodePath
    from fleetops.manifests import Manifest, Reference

    Identity = tuple[Reference, str]

IGNORE: Final = ".sourceignore"
"""What Flux leaves out of the folder that it is in."""
_SIGNS: Final = (b"toolkit.fluxcd.io/", b"argoproj.io/")
_MANIFESTS: Final = (".yaml", ".yml")


class SyncObject(Struct, frozen=True):
    """An object, and where it is written; no patch has a part in it."""

    manifest: Manifest
    path: str
    document: Document
    at: NodePath
    named: Patterns
    """The folders that it has synced."""

    @property
    def reference(self) -> Reference:
        """Its identity, in whichever cluster it is."""
        return self.manifest.reference

    @property
    def identity(self) -> Identity:
        """Which it is of all: another cluster may have one of that name, in another file."""
        return self.reference, self.path

    @property
    def remotes(self) -> Mapping[str, Place]:
        """None: it stands in the repository itself."""
        return {}

    def find(self, _manifest: Manifest, path: NodePath) -> Place:
        """Find the line of a field."""
        return Place(self.path, self.document.line_of((*self.at, *path)))

    def removal(self, _manifest: Manifest, _path: NodePath) -> Place | None:
        """Nothing takes away a part of it."""
        return None


Side = Sequence[SyncObject]


def changed_files(before: Repository, after: Repository) -> list[str]:
    """List the files that may hold such objects, or decide for a controller, and are others."""
    return [
        path
        for path in sorted({*files_of(before), *files_of(after)})
        if _content(before, path) != _content(after, path)
    ]


def files_of(repository: Repository) -> Iterator[str]:
    """Give the files that may hold such objects, or decide for a controller."""
    for folder, names in folders(repository):
        for name in names:
            if name == IGNORE or (name.endswith(_MANIFESTS) and name not in NAMES):
                yield os.path.normpath(f"{folder}/{name}")


def _content(repository: Repository, path: str) -> bytes:
    try:
        return repository.read_bytes(path)
    except InputError:
        return b""


def objects_in(repository: Repository, paths: Iterable[str]) -> Iterator[SyncObject]:
    """Give what syncs, and the sources of that, in files."""
    for path in paths:
        content = _content(repository, path)
        if not any(sign in content for sign in _SIGNS):
            continue
        try:
            text = content.decode()
            pairs = zip(parse(text, path), places(text, path), strict=True)
        except (InputError, UnicodeDecodeError):
            # A template, say: what is no manifest is synced by nobody.
            continue
        for manifest, (document, at) in pairs:
            if syncs(manifest) or manifest.reference.group == SOURCES:
                named = Patterns()
                named.add(manifest.value)
                yield SyncObject(manifest, path, document, at, named)


def belonging(known: Side, overlays: Iterable[str]) -> Iterator[tuple[str, SyncObject]]:
    """Give what syncs each of these folders, and the sources that it takes them from."""
    for one in known:
        if folders := synced_folders(one.named, overlays):
            yield from product(folders, (one, *_source(one, known)))


def _source(one: SyncObject, known: Side) -> Iterator[SyncObject]:
    """Give the source that a Kustomization names: of several, the nearest in the repository."""
    match one.manifest.get("spec", "sourceRef"):
        case {"kind": str(kind), "name": str(name), **more}:
            namespace = more.get("namespace") or one.reference.namespace
            wanted = (SOURCES, kind, namespace, name)
            found = [it for it in known if it.reference == wanted]
            nearest = max((_shared(it.path, one.path) for it in found), default=0)
            yield from (it for it in found if _shared(it.path, one.path) == nearest)


def _shared(path: str, other: str) -> int:
    """Count the folders in which both are."""
    pairs = zip(path.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
