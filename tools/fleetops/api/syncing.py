"""What a change does to the objects that sync an environment and stand in no overlay."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from fleetops.api.dangers import change_of, dangers
from fleetops.api.results.findings import Danger
from fleetops.api.sync_objects import IGNORE, belonging, changed_files, files_of, objects_in
from fleetops.danger import CONTROLLER_RULES
from fleetops.danger.syncing import FLUX, REDIRECTED, REMOVED, SOURCES, aims
from fleetops.errors import InputError, Place
from fleetops.manifests import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.api.fleet import Fleet
    from fleetops.api.sync_objects import Identity, Side, SyncObject
    from fleetops.danger import Rule
    from fleetops.files import Repository
    from fleetops.git import Git
    from fleetops.manifests import Reference

    Pair = tuple[SyncObject | None, SyncObject | None]

_OVERRIDE: Final = ".argocd-source"


def syncing(before: Fleet, after: Fleet, git: Git, environments: Sequence[str]) -> Iterator[Danger]:
    """Give the dangers of what syncs the environments of these names."""
    sides = (before.repository, after.repository)
    changed = changed_files(*sides)
    overlays = _overlays((before, after), environments)
    yield from _overrides(before, after, changed, overlays)
    old, new = (list(objects_in(side, changed)) for side in sides)
    if not old:
        return
    known: tuple[Side, ...] = (old, new)
    if any(one.reference.group == SOURCES for one in (*old, *new)):
        # Whose source it is, objects say that need not have changed.
        known = tuple(list(objects_in(side, files_of(side))) for side in sides)
    # The objects name folders from the top of the Git repository.
    prefix = git.prefix()
    named = {os.path.normpath(prefix + folder): names for folder, names in overlays.items()}
    formerly, whose = (_whose(side, named) for side in known)
    touched: dict[str, list[Pair]] = {name: [] for name in environments}
    for was, now in _pairs(old, new):
        names = {*(formerly[was.identity] if was else ()), *(whose[now.identity] if now else ())}
        for name in names:
            touched[name].append((was, now))
    for name, pairs in touched.items():
        for was, now in pairs:
            broken = was and not now and _broken(after.repository, was.path)
            yield from (_unreadable(name, broken),) if broken else _dangers(name, was, now)
            if was and now and name not in whose[now.identity]:
                yield from _left_out(name, was, now)


def _overlays(fleets: Sequence[Fleet], environments: Sequence[str]) -> dict[str, list[str]]:
    """Give the folders that the change finds or leaves rendered, and for which environments."""
    found: dict[str, list[str]] = {}
    order = {name: number for number, name in enumerate(environments)}
    ones = {
        (order[one.name], os.path.normpath(one.overlay))
        for fleet in fleets
        for one in fleet.config.environments
        if one.name in order
    }
    for number, folder in sorted(ones):
        found.setdefault(folder, []).append(environments[number])
    return found


def _whose(known: Side, overlays: Mapping[str, list[str]]) -> Mapping[Identity, set[str]]:
    """Give the environments that each object has a part in syncing."""
    found: defaultdict[Identity, set[str]] = defaultdict(set)
    for folder, one in belonging(known, overlays):
        found[one.identity].update(overlays[folder])
    return found


def _overrides(
    before: Fleet, after: Fleet, changed: Sequence[str], overlays: Mapping[str, list[str]]
) -> Iterator[Danger]:
    """Give the files with which a controller takes an overlay otherwise than its object says."""
    by_flux = any(PurePosixPath(path).name == IGNORE for path in changed) and any(
        one.reference.group == FLUX
        for one in objects_in(after.repository, files_of(after.repository))
    )
    for path in map(PurePosixPath, changed):
        if path.name.startswith(_OVERRIDE):
            names = overlays.get(str(path.parent), [])
            message = "has Argo CD render otherwise than the overlay says"
        elif path.name == IGNORE and by_flux and _ignores_otherwise(before, after, str(path)):
            below = (one for one in overlays if path.parent in PurePosixPath(one, "x").parents)
            names = list(dict.fromkeys(name for one in below for name in overlays[one]))
            message = "has Flux leave out other files"
        else:
            continue
        for name in names:
            yield _danger(REDIRECTED, name, message, Place(str(path), 1))


def _left_out(environment: str, was: SyncObject, now: SyncObject) -> Iterator[Danger]:
    """Tell of a generator that comes to leave the environment out; another aim is told of as such.

    The objects that it made go then, and with them what they applied.
    """
    if now.reference.kind == "ApplicationSet" and aims(was.manifest) == aims(now.manifest):
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


def _ignores_otherwise(before: Fleet, after: Fleet, path: str) -> bool:
    """Tell whether more than comments differs."""

    def said(fleet: Fleet) -> list[str]:
        try:
            lines = fleet.repository.read_text(path).splitlines()
        except InputError:
            return []
        return [line for line in lines if line.strip() and not line.startswith("#")]

    return said(before) != said(after)


def _dangers(environment: str, was: SyncObject | None, now: SyncObject | None) -> Iterator[Danger]:
    places = [one for one in (was, now) if one]
    change = change_of(environment, (was.manifest,) if was else (), (now.manifest,) if now else ())
    yield from dangers(change, (places[0], places[-1]), CONTROLLER_RULES)


def _pairs(old: Side, new: Side) -> Iterator[Pair]:
    """Pair objects of the same identity: those in the same file, then those that have moved.

    Each cluster may have one of that name.
    """
    left: dict[Reference, list[SyncObject]] = {}
    there = {one.identity: one for one in new}
    for one in old:
        if now := there.pop(one.identity, None):
            yield one, now
        else:
            left.setdefault(one.reference, []).append(one)
    for one in there.values():
        former = left.get(one.reference)
        yield (former.pop(0) if former else None), one
    for gone in left.values():
        yield from ((one, None) for one in gone)
