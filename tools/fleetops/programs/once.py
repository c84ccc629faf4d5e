"""Make a program in the user's cache: once, whole or not at all, whoever asks at the same time."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from fleetops.errors import Place, ProgramError
from fleetops.programs.find import ask_version
from fleetops.programs.places import UNWRITABLE_HINT
from fleetops.programs.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fleetops.programs.commands import Command
    from fleetops.programs.pins import Tool
    from fleetops.programs.versions import Version

_NARRATED_EVERY: Final = 15.0
_ERROR_LINES: Final = 4
_PART: Final = ".part"


class Recipe(Struct, frozen=True):
    """How a program is made."""

    name: str
    """Whatever is made under this name is made one after the other."""
    tool: Tool
    version: Version
    """What it has to say of itself when it is made."""
    folder: Path
    """Where it is when it is made. It is called by the recipe's name, a dash and more."""
    binary: str
    """Its path in the folder."""
    doing: str
    """What the making is called: "building kustomize v5.8.2"."""
    seconds: int
    """About how long it takes."""
    command: Callable[[Path, Path], Command]
    """Gives the command that makes it in the first folder and may leave things in the second."""
    hint: str
    """What helps where it cannot be made."""


def make_once(recipe: Recipe, narrate: Callable[[str], None]) -> Path:
    """Give the path of the program, made now where it is not there yet.

    A lock in the cache lets one process make it while others wait. It is made beside its folder
    and renamed when it works; what an ended process left behind is removed by the next that makes
    the same tool. Raises ProgramError where it cannot be made.
    """
    binary = recipe.folder / recipe.binary
    if binary.is_file():
        return binary
    try:
        recipe.folder.parent.mkdir(parents=True, exist_ok=True)
        with _lock(recipe, narrate) as lock:
            if not binary.is_file():
                _make(recipe, lock, narrate)
    except OSError as error:
        place = error.filename or recipe.folder.parent
        raise ProgramError(
            f"cannot keep {recipe.name} there: {error.strerror}",
            place=Place(str(place)),
            hint=f"{UNWRITABLE_HINT}, or {recipe.hint}",
        ) from error
    return binary


@contextmanager
def _lock(recipe: Recipe, narrate: Callable[[str], None]) -> Iterator[int]:
    file = recipe.folder.with_name(f"{recipe.name}.lock")
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            narrate(f"waiting for another process that is {recipe.doing}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _make(recipe: Recipe, lock: int, narrate: Callable[[str], None]) -> None:
    for leftover in recipe.folder.parent.glob(f"{recipe.name}-*{_PART}"):
        shutil.rmtree(leftover)
    shutil.rmtree(recipe.folder, ignore_errors=True)
    part = recipe.folder.with_name(recipe.folder.name + _PART)
    product, scratch = part / "product", part / "scratch"
    try:
        product.mkdir(parents=True)
        scratch.mkdir()
        # The lock goes along, so that a build that outlives this process is waited for.
        command = replace(recipe.command(product, scratch), keep_open=(lock,))
        narrate(f"{recipe.doing}, once, about {recipe.seconds} s")
        start = time.monotonic()
        completed = run(command, Ticker(recipe.doing, narrate))
        if completed.returncode:
            said = completed.stderr.decode(errors="replace").strip().splitlines()
            raise ProgramError(
                f"{recipe.doing} failed:", log=said[-_ERROR_LINES:], hint=recipe.hint
            )
        version = ask_version(recipe.tool, product / recipe.binary)
        if recipe.tool.version_arguments and version != recipe.version:
            raise ProgramError(
                f"{recipe.doing} gave a program that says it is version {version}",
                hint=recipe.hint,
            )
        product.rename(recipe.folder)
        narrate(f"{recipe.doing}: done in {time.monotonic() - start:.0f} s")
    finally:
        shutil.rmtree(part, ignore_errors=True)


class Ticker:
    """Says now and then how long something has taken."""

    def __init__(self, doing: str, narrate: Callable[[str], None]) -> None:
        self._doing = doing
        self._narrate = narrate
        self._next = _NARRATED_EVERY

    def __call__(self, seconds: float) -> None:
        """Take the seconds since the start, as often as is convenient."""
        if seconds >= self._next:
            self._next += _NARRATED_EVERY
            self._narrate(f"{self._doing}: {seconds:.0f} s so far")
