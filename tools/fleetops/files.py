"""The repository's files: read within limits, never followed out of it.

A repository that is being checked may be hostile, so a path is only ever opened after every
symbolic link in it has been resolved and found to stay inside.
"""

from __future__ import annotations

import os
import stat
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.errors import InputError, Place
from fleetops.remotes.paths import split, within

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.remotes.snapshot import Snapshot

MAX_BYTES = 8 * 1024 * 1024
"""The largest file that is read; a generated CustomResourceDefinition has about 1 MiB."""


class Repository(Struct, frozen=True, dict=True):
    """A work tree whose paths are given relative to it, with slashes."""

    root: Path
    """Absolute, without symbolic links."""
    mounts: dict[str, Snapshot] = {}
    """The commits of other repositories that can be read, by what the paths in them begin with."""

    @classmethod
    def at(cls, directory: Path, mounts: dict[str, Snapshot] | None = None) -> Repository:
        """Open the work tree at `directory`, which must exist."""
        return cls(directory.resolve(strict=True), {} if mounts is None else mounts)

    def resolve(self, path: str, *, place: Place | None = None) -> str:
        """Follow the links in `path` and give where it leads, inside the repository.

        Raises InputError at `place` (where the path is written) if it leads out of it, round in a
        circle or nowhere.
        """
        if self._is_mounted(path):
            label, inside = split(path)
            return within(label, self.mounts[label].resolve(inside, path, place or Place(path)))
        try:
            real = self._real(path)
        except OSError as error:
            raise InputError(_reason(path, error), place=place or Place(path)) from None
        except ValueError:
            raise InputError(f"{path!r} is not a path", place=place) from None
        try:
            real.encode()
        except UnicodeEncodeError:
            message = f"leads to {os.path.basename(real)!a}, which is no readable name"  # noqa: PTH119
            raise InputError(message, place=place or Place(path)) from None
        if real != str(self.root) and not real.startswith(f"{self.root}{os.sep}"):
            raise InputError(
                f"{path} leads out of the repository",
                place=place or Place(path),
                hint="everything that is rendered has to stand in the repository",
            )
        return os.path.relpath(real, self.root)

    def _real(self, path: str) -> str:
        """Follow the links; those in the way to a folder only once."""
        folder, name = os.path.split(os.path.join(self.root, path))  # noqa: PTH118
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder, strict=True)
        real = os.path.join(self._folders[folder], name)  # noqa: PTH118 - thousands of times
        if name in {"", ".", ".."} or stat.S_ISLNK(os.lstat(real).st_mode):
            real = os.path.realpath(real, strict=True)
        return real

    @cached_property
    def _folders(self) -> dict[str, str]:
        return {}

    def _is_mounted(self, path: str) -> bool:
        return bool(self.mounts) and split(path)[0] in self.mounts

    def is_directory(self, path: str) -> bool:
        """Tell whether `path` is a folder."""
        if self._is_mounted(path):
            label, inside = split(path)
            return self.mounts[label].is_directory(inside)
        return (self.root / path).is_dir()

    def exists(self, path: str) -> bool:
        """Tell whether there is anything at `path`, be it a link to nowhere."""
        if self._is_mounted(path):
            label, inside = split(path)
            mount = self.mounts[label]
            return inside in mount.files or inside in mount.links or mount.is_directory(inside)
        return os.path.lexists(self.root / path)

    def below(self, path: str) -> list[str]:
        """List what stands below a folder, sorted; links count as files, and none is followed."""
        if self._is_mounted(path):
            label, inside = split(path)
            mount = self.mounts[label]
            folder = "" if inside == "." else f"{inside}/"
            everything = (*mount.files, *mount.links, *mount.modules, *mount.lacking)
            paths = [one for one in everything if one.startswith(folder)]
            return sorted(within(label, one) for one in paths)
        found = []
        for directory, folders, names in os.walk(self.root / path):
            links = [one for one in folders if os.path.islink(f"{directory}/{one}")]  # noqa: PTH114
            folder = os.path.relpath(directory, self.root)
            found += [os.path.normpath(f"{folder}/{name}") for name in (*names, *links)]
        return sorted(found)

    def size(self, path: str) -> int | None:
        """Give the size of a regular file in bytes, None where there is none."""
        if self._is_mounted(path):
            label, inside = split(path)
            content = self.mounts[label].files.get(inside)
            return None if content is None else len(content)
        try:
            status = os.stat(self.root / path)  # noqa: PTH116 - thousands of times
        except OSError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def link(self, path: str) -> str | None:
        """Give what stands in a symbolic link, None where there is none."""
        if self._is_mounted(path):
            label, inside = split(path)
            return self.mounts[label].links.get(inside)
        try:
            return os.readlink(self.root / path)  # noqa: PTH115 - thousands of times
        except OSError:
            return None

    def read_bytes(self, path: str, *, place: Place | None = None) -> bytes:
        """Read a regular file of at most MAX_BYTES bytes."""
        if self._is_mounted(path):
            label, inside = split(self.resolve(path, place=place))
            content = self.mounts[label].files.get(inside)
            if content is None:
                raise InputError(f"{path} is a folder, not a file", place=place or Place(path))
            return content
        real = self.root / self.resolve(path, place=place)
        try:
            # Without O_NONBLOCK a pipe that nobody writes to would be waited for.
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise InputError("is not a regular file", place=Place(path))
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise InputError(_reason(path, error), place=place or Place(path)) from None
        if len(content) > MAX_BYTES:
            raise InputError(
                f"is larger than {MAX_BYTES // 1024**2} MiB",
                place=Place(path),
                hint="manifests of that size cannot be applied; is it the right file?",
            )
        return content

    def read_text(self, path: str, *, place: Place | None = None) -> str:
        """Read a file as UTF-8, every byte of it kept: byte order mark, line endings."""
        content = self.read_bytes(path, place=place)
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise InputError("is not UTF-8 text", place=Place(path, line)) from None


def _reason(path: str, error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return f"{path} does not exist"
        case IsADirectoryError():
            return f"{path} is a folder, not a file"
        case _:
            return f"{path} cannot be read: {error.strerror}"
