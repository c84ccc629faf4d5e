"""What fills variables into the overlays of a repository: its Kustomizations of Flux."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fleetops import goyaml
from fleetops.discovery.files import folders
from fleetops.errors import InputError, Place
from fleetops.kustomization import SUBSTITUTE, read_variables, synced_by
from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from fleetops.files import Repository


def substitutes(repository: Repository, overlays: Collection[str]) -> Mapping[str, str]:
    """Give overlay to file, where one Kustomization of Flux gives it variables that can be known.

    Several are those of several clusters, and none of them is what the overlay becomes.
    """
    found: dict[str, list[str]] = {}
    for path in _files(repository):
        for overlay in _named(repository, path):
            found.setdefault(overlay, []).append(path)
    return {
        overlay: paths[0]
        for overlay, paths in found.items()
        if overlay in overlays and len(paths) == 1 and _is_known(repository, paths[0], overlay)
    }


def _files(repository: Repository) -> Iterator[str]:
    for folder, names in folders(repository):
        yield from (
            os.path.normpath(f"{folder}/{name}")
            for name in names
            if name.endswith((".yaml", ".yml"))
        )


def _named(repository: Repository, path: str) -> list[str]:
    try:
        text = repository.read_text(path)
        documents = goyaml.read(text, path) if "postBuild" in text else []
    except InputError:
        return []
    given = (one.value for one in documents if dig(one.value, *SUBSTITUTE))
    return [overlay for value in given if (overlay := synced_by(value)) is not None]


def _is_known(repository: Repository, path: str, overlay: str) -> bool:
    try:
        read_variables(repository, path, overlay, Place(path))
    except InputError:
        return False
    return True
