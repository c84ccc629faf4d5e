"""Where a program may be taken from: PATH and the user's cache, but never the repository."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fleetops.errors import Place, ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator

UNWRITABLE_HINT: Final = "set XDG_CACHE_HOME to a folder of yours that can be written"


def cache_folder(repository: Path) -> Path:
    """Give fleetops/programs in $XDG_CACHE_HOME or ~/.cache; it need not exist.

    Raises ProgramError where that is inside the repository, whose authors could put a program of
    theirs there, or where there is no home.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        try:
            base = Path.home() / ".cache"
        except RuntimeError:
            raise ProgramError("there is no home folder", hint=UNWRITABLE_HINT) from None
    folder = base / "fleetops" / "programs"
    if is_inside(folder, repository):
        raise ProgramError(
            "the cache is inside the repository, so nothing in it can be trusted",
            place=Place(str(folder)),
            hint="set XDG_CACHE_HOME to a folder outside the repository",
        )
    return folder


def search_path(repository: Path) -> tuple[str, ...]:
    """Give the folders of PATH that programs are taken from.

    Relative ones and those inside the repository are passed over: what a pull request brings must
    not decide what is run.
    """
    return _outside(os.environ.get("PATH", os.defpath), repository)


@cache
def _outside(path: str, repository: Path) -> tuple[str, ...]:
    return tuple(
        entry
        for entry in path.split(os.pathsep)
        if Path(entry).is_absolute() and not is_inside(Path(entry), repository)
    )


def programs_named(name: str, repository: Path) -> Iterator[Path]:
    """Give the executable files of that name on PATH, in its order; see `search_path`.

    A link that leads into the repository is passed over as well.
    """
    for entry in search_path(repository):
        path = Path(entry, name)
        if path.is_file() and os.access(path, os.X_OK) and not is_inside(path, repository):
            yield path


def is_inside(path: Path, folder: Path) -> bool:
    """Tell whether a path, with all its links followed, is the folder or in it."""
    return path.resolve().is_relative_to(folder.resolve())
