"""Files replaced and made: each wholly, and all of them or none."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.errors import FleetopsError, InputError, Place, RefusedError
from fleetops.swap import swap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from fleetops.files import Repository


class Edit(Struct, frozen=True):
    """A file's content, and another for it."""

    path: str
    old: bytes
    new: bytes


@contextlib.contextmanager
def locked(repository: Repository) -> Iterator[None]:
    """Keep other promotions out of a repository; they wait, and end with their process."""
    import fcntl

    descriptor = os.open(repository.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def apply_edits(repository: Repository, edits: Sequence[Edit]) -> None:
    """Replace the content of files: each wholly, with its mode kept, and all or none of them.

    Raises RefusedError if one no longer holds what it held, FleetopsError if one cannot be
    written.
    """
    with contextlib.ExitStack() as prepared:
        renames = [(edit, *prepared.enter_context(_prepared(repository, edit))) for edit in edits]
        for edit in edits:
            if repository.read_bytes(edit.path) != edit.old:
                raise _changed(edit)
        done: list[Edit] = []
        try:
            for edit, temporary, real in renames:
                done.append(edit)
                with _written(edit.path):
                    _bring(repository, edit, temporary, real)
                    sync_directory(real.parent)
        except BaseException:
            restore(repository, done)
            raise


def tidy(repository: Repository, paths: Iterable[str]) -> None:
    """Remove what a promotion that was killed has left beside files."""
    for path in paths:
        with _written(path):
            _beside(repository.root / repository.resolve(path)).unlink(missing_ok=True)


def create(repository: Repository, files: Mapping[str, bytes]) -> None:
    """Write new files, all or none of them, in this order; folders are made where need be.

    Raises RefusedError where one is there already, FleetopsError if one cannot be written.
    """
    done: list[Path] = []
    try:
        for path, content in files.items():
            real = repository.root / path
            there = real.parent
            while not os.path.lexists(there):
                there = there.parent
            # Before anything is made: it may lead out of the repository.
            repository.resolve(os.path.relpath(there, repository.root), place=Place(path))
            with _written(path):
                real.parent.mkdir(parents=True, exist_ok=True)
                _create(real, content)
            done.append(real)
    except BaseException:
        for real in done:
            real.unlink(missing_ok=True)
        raise


def restore(repository: Repository, edits: Iterable[Edit]) -> None:
    """Take edits back, where the files still hold what was written."""
    for edit in edits:
        if repository.read_bytes(edit.path) == edit.new:
            apply_edits(repository, [Edit(edit.path, edit.new, edit.old)])


def _bring(repository: Repository, edit: Edit, temporary: Path, real: Path) -> None:
    if not swap(temporary, real):
        temporary.replace(real)
    elif not _holds(repository, temporary, edit.old):
        # An editor has saved it after the last look.
        swap(temporary, real)
        raise _changed(edit)


def _holds(repository: Repository, file: Path, content: bytes) -> bool:
    try:
        return repository.read_bytes(str(file)) == content
    except InputError:
        return False


@contextlib.contextmanager
def _prepared(repository: Repository, edit: Edit) -> Iterator[tuple[Path, Path]]:
    """Write the new content beside a file; give where, and the file."""
    real = repository.root / repository.resolve(edit.path)
    with _written(edit.path):
        mode = stat.S_IMODE(real.stat().st_mode)
        temporary = _beside(real)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with _written(edit.path), os.fdopen(descriptor, "wb") as file:
            file.write(edit.new)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        yield temporary, real
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _beside(file: Path) -> Path:
    # Always the same name, so that what a killed process left is found.
    return file.with_name(f".{file.name}.fleetops")


def _changed(edit: Edit) -> RefusedError:
    return RefusedError(
        "was changed by somebody else meanwhile",
        place=Place(edit.path),
        hint="nothing was written; run the promotion again",
    )


def _create(path: Path, content: bytes) -> None:
    """Write a file beside where it is to be; a link, unlike a rename, takes nothing's place."""
    import tempfile

    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".fleetops-") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            raise RefusedError("is there already", place=Place(path.name)) from None
    sync_directory(path.parent)


@contextlib.contextmanager
def _written(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FleetopsError(
            f"cannot be written: {error.strerror}", place=Place(path), hint="nothing was changed"
        ) from None


def sync_directory(directory: Path) -> None:
    """Have it on the disk which files are in a folder, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
