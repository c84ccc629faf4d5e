"""Files of manifests that are named one by one, or by their folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fleetops.catalogue import CONFIG
from fleetops.errors import InputError, Place
from fleetops.manifests import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.catalogue import Environment
    from fleetops.files import Repository
    from fleetops.manifests import Manifest

MANIFESTS = (".yaml", ".yml", ".json")


def prerequisites(repository: Repository, environment: Environment) -> list[Manifest]:
    """Read the manifests that an environment names as its prerequisites.

    Raises InputError for what leads out of the repository or cannot be read.
    """
    return [
        manifest
        for entry in environment.prerequisites
        for path in manifest_files(repository, entry, Place(CONFIG))
        for manifest in parse(repository.read_text(path), path)
    ]


def manifest_files(repository: Repository, entry: str, place: Place) -> Iterator[str]:
    """Give a file, or the files with manifests in a folder and below it, sorted.

    Links to folders are not followed. Raises InputError at `place`, where the entry is named, for
    what does not exist or leads out of the repository.
    """
    real = repository.resolve(entry, place=place)
    if not repository.is_directory(real):
        yield real
        return
    found = [
        os.path.relpath(f"{folder}/{name}", repository.root)
        for folder, folders, names in os.walk(repository.root / real)
        for name in names
        if name.endswith(MANIFESTS) and not folders.sort()
    ]
    if not found:
        raise InputError(f"{entry} holds no manifests", place=place)
    yield from sorted(found)
