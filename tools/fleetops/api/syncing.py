"""What a change does to the objects that sync an environment and stand in no overlay."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.api.dangers import change_of, dangers
from fleetops.api.results.findings import Danger
from fleetops.danger import CONTROLLER_RULES
from fleetops.danger.syncing import REDIRECTED, REMOVED, SOURCES, syncs
from fleetops.discovery.files import folders
from fleetops.discovery.synced import Patterns, synced_folders
from fleetops.errors import InputError, Place
from fleetops.kustomization import NAMES
from fleetops.manifests import parse, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fleetops.api.fleet import Fleet
    from fleetops.danger import Rule
    from fleetops.files import Repository
    from fleetops.git import Git
    from fleetops.goyaml import Document, NodePath
    from fleetops.manifests import Manifest, Reference

_SIGNS: Final = (b"toolkit.fluxcd.io/", b"argoproj.io/")
_MANIFESTS: Final = (".yaml", ".yml")
_OVERRIDE: Final = ".argocd-source"
_IGNORE: Final = ".sourceignore"


class _Object(Struct, frozen=True):
    """An object, and where it is written; no patch has a part in it."""

    manifest: Manifest
    path: str
    document: Document
    at: NodePath

    @property
    def reference(self) -> Reference:
        """Its identity, in whichever cluster it is."""
        return self.manifest.reference

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


Side = Sequence[_Object]


def syncing(before: Fleet, after: Fleet, git: Git, environments: Sequence[str]) -> Iterator[Danger]:
    """Give the dangers of what syncs the environments of these names."""
    sides = (before.repository, after.repository)
    changed = _changed(*sides)
    yield from _overrides(before, after, changed, environments)
    old, new = (list(_objects(side, changed)) for side in sides)
    if not old:
        return
    pairs = list(_pairs(old, new))
    known: tuple[Side, ...] = (old, new)
    if any(one.reference.group == SOURCES for one in (*old, *new)):
        # Whose source it is, objects say that need not have changed.
        known = tuple(list(_objects(side, _files(side))) for side in sides)
    # The objects name folders from the top of the Git repository.
    prefix = git.prefix()
    for name in environments:
        overlays = {os.path.normpath(prefix + one) for one in _overlays(before, after, name)}
        mine = [{(one.reference, one.path) for one in _belonging(it, overlays)} for it in known]
        for was, now in pairs:
            if any(
                one and (one.reference, one.path) in own
                for one, own in zip((was, now), mine, strict=True)
            ):
                broken = was and not now and _broken(after.repository, was.path)
                yield from (_unreadable(name, broken),) if broken else _dangers(name, was, now)
                if was and now and (now.reference, now.path) not in mine[1]:
                    yield from _left_out(name, was, now)


def _overlays(before: Fleet, after: Fleet, environment: str) -> set[str]:
    """Give the folders that are rendered for an environment, as the change finds and leaves it."""
    return {
        os.path.normpath(one.overlay)
        for fleet in (before, after)
        for one in fleet.config.environments
        if one.name == environment
    }


def _overrides(
    before: Fleet, after: Fleet, changed: Sequence[str], environments: Sequence[str]
) -> Iterator[Danger]:
    """Give the files with which a controller takes an overlay otherwise than its object says."""
    for path in map(PurePosixPath, changed):
        for environment in environments:
            folders = _overlays(before, after, environment)
            if path.name.startswith(_OVERRIDE) and str(path.parent) in folders:
                message = "has Argo CD render otherwise than the overlay says"
            elif path.name == _IGNORE and any(
                path.parent in PurePosixPath(one, "x").parents for one in folders
            ):
                message = "has Flux leave out other files"
            else:
                continue
            yield _danger(REDIRECTED, environment, message, Place(str(path), 1))


def _left_out(environment: str, was: _Object, now: _Object) -> Iterator[Danger]:
    """Tell of a generator that comes to leave the environment out; another aim is told of as such.

    The objects that it made go then, and with them what they applied.
    """
    template = ("spec", "template")
    kind = now.reference.kind
    if kind == "ApplicationSet" and was.manifest.get(*template) == now.manifest.get(*template):
        message = "generates nothing any more for the folder of this environment"
        place = now.find(now.manifest, ("spec", "generators"))
        yield _danger(REMOVED, environment, message, place, resource=str(now.reference))


def _unreadable(environment: str, error: InputError) -> Danger:
    message = f"cannot be read any more, and what is in it syncs the environment: {error.message}"
    return _danger(REMOVED, environment, message, error.place or Place(""))


def _danger(
    rule: Rule, environment: str, message: str, place: Place, *, resource: str | None = None
) -> Danger:
    """Give a danger that no rule sees: in the one object, or in a file that is none."""
    return Danger(
        rule=rule.id,
        severity=rule.severity.value,
        environment=environment,
        message=message,
        resource=resource,
        file=place.path,
        line=place.line,
    )


def _broken(repository: Repository, path: str) -> InputError | None:
    """Give what is wrong with a file that is there, and no manifest any more."""
    try:
        parse(repository.read_text(path), path) if repository.exists(path) else ()
    except InputError as error:
        return error
    return None


def _dangers(environment: str, was: _Object | None, now: _Object | None) -> Iterator[Danger]:
    places = [one for one in (was, now) if one]
    change = change_of(environment, (was.manifest,) if was else (), (now.manifest,) if now else ())
    yield from dangers(change, (places[0], places[-1]), CONTROLLER_RULES)


def _pairs(old: Side, new: Side) -> Iterator[tuple[_Object | None, _Object | None]]:
    """Pair objects of the same identity: those in the same file, then those that have moved.

    Each cluster may have one of that name.
    """
    left: dict[Reference, list[_Object]] = {}
    there = {(one.reference, one.path): one for one in new}
    for one in old:
        if now := there.pop((one.reference, one.path), None):
            yield one, now
        else:
            left.setdefault(one.reference, []).append(one)
    for one in there.values():
        former = left.get(one.reference)
        yield (former.pop(0) if former else None), one
    for gone in left.values():
        yield from ((one, None) for one in gone)


def _changed(before: Repository, after: Repository) -> list[str]:
    return [
        path
        for path in sorted({*_files(before), *_files(after)})
        if _content(before, path) != _content(after, path)
    ]


def _files(repository: Repository) -> Iterator[str]:
    for folder, names in folders(repository):
        for name in names:
            if name == _IGNORE or (name.endswith(_MANIFESTS) and name not in NAMES):
                yield os.path.normpath(f"{folder}/{name}")


def _content(repository: Repository, path: str) -> bytes:
    try:
        return repository.read_bytes(path)
    except InputError:
        return b""


def _objects(repository: Repository, paths: Iterable[str]) -> Iterator[_Object]:
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
                yield _Object(manifest, path, document, at)


def _belonging(known: Side, overlays: set[str]) -> Iterator[_Object]:
    """Give what syncs these folders, and the sources that it takes them from."""
    for one in known:
        patterns = Patterns()
        patterns.add(one.manifest.value)
        if synced_folders(patterns, overlays):
            yield one
            yield from _source(one, known)


def _source(one: _Object, known: Side) -> Iterator[_Object]:
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
