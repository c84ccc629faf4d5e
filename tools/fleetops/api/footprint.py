"""What an overlay consists of, to be told again later, or in another state of the repository.

It is every file, by its content; the links that lead to them; that no other kustomization file is
beside one, and no other file in a chart. A commit of another repository is what its name says.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.errors import InputError

if TYPE_CHECKING:
    from fleetops.files import Repository
    from fleetops.kustomization import Closure


class Footprint(Struct, frozen=True):
    """All that decides what kustomize makes of an overlay, and what is said of its lines."""

    files: dict[str, str]
    """Path to SHA-256."""
    absent: tuple[str, ...]
    """Paths where nothing is."""
    links: tuple[tuple[str, str], ...]
    """Where one is and where it leads, both without links."""
    folders: dict[str, str]
    """Those of which every file counts, to the SHA-256 of the names of these."""


class Ground:
    """The files of a repository, each as it was when it was first asked for."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[str, str | None] = {}
        self._plain: dict[str, bool] = {}

    def note(self, closure: Closure) -> None:
        """Look at the files of an overlay."""
        for path in closure.own_files:
            self._of(path)

    def footprint(self, closure: Closure) -> Footprint | None:
        """Give that of an overlay here; None where a file is no longer what was read."""
        files: dict[str, str] = {}
        for path in closure.own_files:
            digest = self._of(path)
            if digest is None:
                return None
            files[path] = digest
        read = {one.path: digest_of(one.text.encode()) for one in closure.own_kustomizations}
        if files != {**files, **read}:
            return None
        absent = tuple(sorted(closure.absent))
        folders = {path: self._listing(path) for path in closure.own_folders}
        return Footprint(files, absent, closure.own_links, folders)

    def bears(self, footprint: Footprint) -> bool:
        """Tell whether all of it is here as it was there."""
        return (
            all(self._of(path) == digest for path, digest in footprint.files.items())
            and not any(os.path.lexists(self._repository.root / one) for one in footprint.absent)
            and all(self._leads(*link) for link in footprint.links)
            and all(self._listing(path) == names for path, names in footprint.folders.items())
        )

    def _of(self, path: str) -> str | None:
        """Digest a file; None where there is none that can be reached without a link."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _listing(self, folder: str) -> str:
        return digest_of(b"\0".join(map(os.fsencode, self._repository.below(folder))))

    def _leads(self, written: str, real: str) -> bool:
        try:
            return self._repository.resolve(written) == real
        except InputError:
            return False

    def _read(self, path: str) -> str | None:
        folder = os.path.dirname(path) or "."  # noqa: PTH120 - thousands of times
        if folder not in self._plain:
            self._plain[folder] = self._leads(folder, folder)
        if not self._plain[folder]:
            return None
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(f"{self._repository.root}/{path}", flags)
            with os.fdopen(descriptor, "rb") as file:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return digest_of(file.read())
        except OSError:
            pass
        return None


def digest_of(content: bytes) -> str:
    """Give the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
