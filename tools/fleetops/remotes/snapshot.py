"""The files of a commit, in memory; no link in it leads out of it."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.errors import Place

_MOST_LINKS: Final = 40
"""That are followed for one path, as the kernel does."""


class Snapshot(Struct, frozen=True, dict=True):
    """What a kustomization could read of a commit. Paths are from its top, which is `.`."""

    files: Mapping[str, bytes]
    links: Mapping[str, str]
    """Where a symbolic link is, and what stands in it."""
    modules: frozenset[str] = frozenset()
    """Where a submodule would be."""
    lacking: frozenset[str] = frozenset()
    """The files that were not kept."""

    @cached_property
    def _folders(self) -> set[str]:
        folders = {"."}
        for path in (*self.files, *self.links):
            while (path := path.rpartition("/")[0]) and path not in folders:
                folders.add(path)
        return folders

    def is_directory(self, path: str) -> bool:
        """Tell whether `path` is a folder, without links followed."""
        return path in self._folders

    def resolve(self, path: str, said: str, place: Place | None) -> str:
        """Follow the links in `path` and give where it leads.

        Raises InputError at `place`, with `said` for the path, if it leads out, in a circle or
        nowhere.
        """
        steps, real, followed = deque(path.split("/")), "", 0
        while steps:
            step = steps.popleft()
            if step in {"", "."}:
                continue
            if step == "..":
                if not real:
                    raise _out(said, place)
                real = real.rpartition("/")[0]
                continue
            here = f"{real}/{step}" if real else step
            if (target := self.links.get(here)) is None:
                real = here
                self._require(real, said, place, as_folder=bool(steps))
                continue
            followed += 1
            if target.startswith("/"):
                raise _out(said, place)
            if followed > _MOST_LINKS:
                raise InputError(f"{said} is a link that leads in a circle", place=place)
            steps.extendleft(reversed(target.split("/")))
        return real or "."

    def _require(self, path: str, said: str, place: Place | None, *, as_folder: bool) -> None:
        if path in self.modules:
            raise InputError(f"{said} is in a submodule, which is not fetched", place=place)
        if path in self.lacking:
            why = "it has more than 8 MiB, or stands below no kustomization"
            raise InputError(f"{said} is not there: {why}", place=place)
        if path not in self._folders and (as_folder or path not in self.files):
            raise InputError(f"{said} does not exist", place=place)

    def with_files(self, changed: Mapping[str, bytes]) -> Snapshot:
        """Give the same with other content in some files."""
        return replace(self, files={**self.files, **changed})


def _out(said: str, place: Place | None) -> InputError:
    return InputError(f"{said} leads out of its repository", place=place)
