"""What a change does to the objects that sync an environment and stand in no overlay."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.api.dangers import change_of, dangers
from fleetops.danger import CONTROLLER_RULES
from fleetops.danger.syncing import SOURCES, syncs
from fleetops.discovery.files import folders
from fleetops.discovery.synced import Patterns, synced_folders
from fleetops.errors import InputError, Place
from fleetops.kustomization import NAMES
from fleetops.manifests import Reference, parse, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fleetops.api.fleet import Fleet
    from fleetops.api.results.findings import Danger
    from fleetops.files import Repository
    from fleetops.git import Git
    from fleetops.goyaml import Document, NodePath
    from fleetops.manifests import Manifest

_SIGNS: Final = (b"toolkit.fluxcd.io/", b"argoproj.io/")
_MANIFESTS: Final = (".yaml", ".yml")


class _Object(Struct, frozen=True):
    manifest: Manifest
    path: str
    document: Document
    at: NodePath


class _Files(Struct, frozen=True):
    """Where objects are written; no patch has a part in them."""

    objects: Mapping[Reference, _Object]

    @property
    def remotes(self) -> Mapping[str, Place]:
        return {}

    def find(self, manifest: Manifest, path: NodePath) -> Place:
        one = self.objects[manifest.reference]
        return Place(one.path, one.document.line_of((*one.at, *path)))

    def removal(self, _manifest: Manifest, _path: NodePath) -> Place | None:
        return None


def syncing(before: Fleet, after: Fleet, git: Git, environments: Iterable[str]) -> Iterator[Danger]:
    """Give the dangers of what syncs the environments of these names."""
    sides = (before.repository, after.repository)
    changed = _changed(*sides)
    old, new = (dict(_objects(side, changed)) for side in sides)
    if not old:
        return
    known = [*old.values(), *new.values()]
    # The objects name folders from the top of the Git repository.
    prefix = git.prefix()
    if any(one.group == SOURCES for one in (*old, *new)):
        # Whose source it is, objects say that need not have changed.
        known = [one for side in sides for _, one in _objects(side, _files(side))]
    for name in environments:
        overlays = {
            os.path.normpath(prefix + one.overlay)
            for fleet in (before, after)
            for one in fleet.config.environments
            if one.name == name
        }
        wanted = set(_belonging(known, overlays))
        mine = [{ref: one for ref, one in side.items() if ref in wanted} for side in (old, new)]
        change = change_of(name, _manifests(mine[0]), _manifests(mine[1]))
        yield from dangers(change, (_Files(mine[0]), _Files(mine[1])), CONTROLLER_RULES)


def _changed(before: Repository, after: Repository) -> list[str]:
    return [
        path
        for path in sorted({*_files(before), *_files(after)})
        if _content(before, path) != _content(after, path)
    ]


def _files(repository: Repository) -> Iterator[str]:
    for folder, names in folders(repository):
        for name in names:
            if name.endswith(_MANIFESTS) and name not in NAMES:
                yield os.path.normpath(f"{folder}/{name}")


def _content(repository: Repository, path: str) -> bytes:
    try:
        return repository.read_bytes(path)
    except InputError:
        return b""


def _objects(repository: Repository, paths: Iterable[str]) -> Iterator[tuple[Reference, _Object]]:
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
                yield manifest.reference, _Object(manifest, path, document, at)


def _manifests(objects: Mapping[Reference, _Object]) -> tuple[Manifest, ...]:
    return tuple(one.manifest for one in objects.values())


def _belonging(known: Iterable[_Object], overlays: set[str]) -> Iterator[Reference]:
    """Give what syncs these folders, and the sources that it takes them from."""
    for one in known:
        reference = one.manifest.reference
        patterns = Patterns()
        patterns.add(one.manifest.value)
        if synced_folders(patterns, overlays):
            yield reference
            match one.manifest.get("spec", "sourceRef"):
                case {"kind": str(kind), "name": str(name), "namespace": str(namespace)}:
                    yield Reference(SOURCES, kind, namespace, name)
                case {"kind": str(kind), "name": str(name)}:
                    yield Reference(SOURCES, kind, reference.namespace, name)
