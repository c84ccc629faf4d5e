"""A command as a value, what becomes of it, and the environment it gets."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.programs.places import search_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MIB: Final = 1024 * 1024


class Command(Struct, frozen=True):
    """A program to run, as a value; printed, it can be pasted into a shell."""

    arguments: tuple[str, ...]
    """The first is the program's path."""
    directory: Path
    environment: Mapping[str, str]
    """The whole of it: nothing is inherited."""
    timeout: float = 60.0
    """In seconds."""
    max_output: int = 64 * MIB
    """In bytes of standard output; of standard error the first 64 KiB are kept."""
    max_memory: int | None = None
    """In bytes of its own data; a program that asks for more fails."""
    stdin: bytes = b""
    """What it can read on its standard input."""
    keep_open: tuple[int, ...] = ()
    """File descriptors that it inherits: a lock in it is held as long as anything of it lives."""

    def __str__(self) -> str:
        return shlex.join(self.arguments)


class Completed(Struct, frozen=True):
    """What became of a command that ended by itself."""

    returncode: int
    """Its exit code; below zero, the signal that ended it."""
    stdout: bytes
    stderr: bytes


def clean_environment(home: Path) -> dict[str, str]:
    """Give an environment with nothing of the caller's: no GIT_* variable and no token.

    `home` is a scratch folder, for what the program looks for or leaves at home, and to work in.
    """
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
    }


def brief_environment(home: Path) -> dict[str, str]:
    """Give the clean environment for a Go program that lives for less than a second.

    It takes a third less processor time if it does not collect garbage; from 192 MiB on it does.
    """
    return {**clean_environment(home), "GOGC": "off", "GOMEMLIMIT": "192MiB"}


def user_environment(repository: Path) -> dict[str, str]:
    """Give the caller's environment, for a program that acts as the caller.

    Its PATH is without the folders inside the repository.
    """
    return {**os.environ, "PATH": os.pathsep.join(search_path(repository))}
