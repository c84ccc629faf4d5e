"""What was worked out before, in the user's cache: by name, bounded, and whole or not there."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

MAX_ENTRIES: Final = 20_000
MAX_BYTES: Final = 256 * 1024 * 1024
_KEPT: Final = 0.8
"""Of either, where one was exceeded, so that not every run has to look for what is old."""
_DAY: Final = 24 * 3600


class Store(Struct, frozen=True):
    """Entries that several runs, and several machines, may read and write at the same time.

    Each stands behind a digest of its own, so that one that is cut short, or changed by a fault, is
    none. Where the folder cannot be written, nothing is kept.
    """

    folder: Path

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever put into it here."""
        return not self.folder.exists()

    def read(self, name: str) -> bytes | None:
        """Give an entry, None where there is none; what is read stays longest."""
        path = self.folder / name
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                digest, content = file.read(_DIGEST), file.read()
        except OSError:
            return None
        if digest != _digest(content):
            return None
        now = time.time()
        if status.st_mtime < now - _DAY:
            with suppress(OSError):
                os.utime(path, (now, now))
        return content

    def write(self, name: str, content: bytes) -> None:
        """Put an entry in place, instead of any of that name."""
        beside = self.folder / f".{name}.{os.getpid()}"
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                beside.write_bytes(_digest(content) + content)
                beside.replace(self.folder / name)
            finally:
                beside.unlink(missing_ok=True)

    def trim(self) -> None:
        """Remove what was not read for longest, where there is too much."""
        with suppress(OSError), os.scandir(self.folder) as found:
            known = ((entry.stat(follow_symlinks=False), entry.path) for entry in found)
            entries = sorted((status.st_mtime, status.st_size, path) for status, path in known)
            count, size = len(entries), sum(entry[1] for entry in entries)
            if count <= MAX_ENTRIES and size <= MAX_BYTES:
                return
            for _, length, path in entries:
                if count <= MAX_ENTRIES * _KEPT and size <= MAX_BYTES * _KEPT:
                    return
                with suppress(FileNotFoundError):
                    os.unlink(path)  # noqa: PTH108
                count, size = count - 1, size - length


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


_DIGEST: Final = hashlib.sha256().digest_size
