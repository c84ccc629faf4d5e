"""The folders and files of a repository; links are not followed, hidden folders not entered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository

MAX_FILES: Final = 500_000
"""Files and folders that are looked at."""


def folders(repository: Repository) -> Iterator[tuple[str, list[str]]]:
    """Give each folder, and the names of the files in it.

    Raises InputError for a repository with more files than are looked at.
    """
    seen = 0
    for directory, below, names in os.walk(repository.root):
        below[:] = sorted(one for one in below if not one.startswith("."))
        seen += len(below) + len(names)
        if seen > MAX_FILES:
            raise InputError(
                f"has more than {MAX_FILES} files",
                hint="write the environments into a fleetops.yaml, as README shows",
            )
        yield os.path.relpath(directory, repository.root), sorted(names)
