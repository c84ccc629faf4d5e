"""The overlays of a repository: what a controller syncs, or nothing else includes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from fleetops.discovery.files import folders
from fleetops.discovery.synced import Patterns, synced_folders
from fleetops.errors import InputError
from fleetops.kustomization import LOADED, NAMES, read_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository

_SHARED: Final = frozenset({"base", "bases", "component", "components", "common", "shared"})
"""Names of folders for what is included, even where nothing includes it yet."""


def overlays(repository: Repository) -> tuple[str, ...]:
    """Find the folders of the overlays; links are not followed, hidden folders not entered.

    One whose kustomization cannot be read is among them. Raises InputError for a repository with
    more files than are looked at.
    """
    kustomizations: dict[str, Any] = {}
    patterns = Patterns()
    for folder, names in folders(repository):
        own = next((name for name in NAMES if name in names), None)
        if own is not None:
            path = os.path.normpath(f"{folder}/{own}")
            kustomizations[folder] = _value(repository, path)
        for name in names:
            if name.endswith((".yaml", ".yml")) and name != own:
                patterns.read(repository, os.path.normpath(f"{folder}/{name}"))
    included = {
        below for folder, value in kustomizations.items() for below in _below(folder, value)
    }
    synced = synced_folders(patterns, kustomizations)
    chosen = [
        folder
        for folder, value in kustomizations.items()
        if folder in synced
        or (
            folder not in included
            and value.get("kind") != "Component"
            and _SHARED.isdisjoint(folder.split("/"))
        )
    ]
    return tuple(sorted(chosen))


def _value(repository: Repository, path: str) -> dict[str, Any]:
    try:
        return dict(read_document(repository.read_text(path), path).value)
    except InputError:
        return {}


def _below(folder: str, value: dict[str, Any]) -> Iterator[str]:
    """Give the folders that a kustomization may include; they need not exist."""
    for key in LOADED:
        entries = value.get(key)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str):
                yield os.path.normpath(f"{folder}/{entry}")
