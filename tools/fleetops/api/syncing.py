"""What a change does to the objects that sync an environment and stand in no overlay."""

from __future__ import annotations

import os
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
    from collections.abc import Iterator, Sequence

    from fleetops.api.fleet import Fleet
    from fleetops.api.sync_objects import Side, SyncObject
    from fleetops.danger import Rule
    from fleetops.files import Repository
    from fleetops.git import Git
    from fleetops.manifests import Reference

_OVERRIDE: Final = ".argocd-source"


def syncing(before: Fleet, after: Fleet, git: Git, environments: Sequence[str]) -> Iterator[Danger]:
    """Give the dangers of what syncs the environments of these names."""
    sides = (before.repository, after.repository)
    changed = changed_files(*sides)
    yield from _overrides(before, after, changed, environments)
    old, new = (list(objects_in(side, changed)) for side in sides)
    if not old:
        return
    pairs = list(_pairs(old, new))
    known: tuple[Side, ...] = (old, new)
    if any(one.reference.group == SOURCES for one in (*old, *new)):
        # Whose source it is, objects say that need not have changed.
        known = tuple(list(objects_in(side, files_of(side))) for side in sides)
    # The objects name folders from the top of the Git repository.
    prefix = git.prefix()
    for name in environments:
        overlays = {os.path.normpath(prefix + one) for one in _overlays(before, after, name)}
        mine = [{(one.reference, one.path) for one in belonging(it, overlays)} for it in known]
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
    by_flux = any(PurePosixPath(path).name == IGNORE for path in changed) and any(
        one.reference.group == FLUX
        for one in objects_in(after.repository, files_of(after.repository))
    )
    for path in map(PurePosixPath, changed):
        for environment in environments:
            folders = _overlays(before, after, environment)
            if path.name.startswith(_OVERRIDE) and str(path.parent) in folders:
                message = "has Argo CD render otherwise than the overlay says"
            elif path.name == IGNORE and any(
                path.parent in PurePosixPath(one, "x").parents for one in folders
            ):
                if not by_flux or not _ignores_otherwise(before, after, str(path)):
                    continue
                message = "has Flux leave out other files"
            else:
                continue
            yield _danger(REDIRECTED, environment, message, Place(str(path), 1))


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


def _pairs(old: Side, new: Side) -> Iterator[tuple[SyncObject | None, SyncObject | None]]:
    """Pair objects of the same identity: those in the same file, then those that have moved.

    Each cluster may have one of that name.
    """
    left: dict[Reference, list[SyncObject]] = {}
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
