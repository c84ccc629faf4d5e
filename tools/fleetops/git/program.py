"""The git on PATH, run on one repository so that nothing in it is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.errors import ProgramError, UsageError
from fleetops.programs import Command, run
from fleetops.programs.places import programs_named, search_path

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.programs import Completed

_SECONDS: Final = 60.0
_MAX_OUTPUT: Final = 1024**3
_PASSED: Final = ("HOME", "XDG_CONFIG_HOME", "LANG")
# Whatever the repository's own configuration says: no program of its choice, no network.
_SAFE: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
)


class Git(Struct, frozen=True):
    """git, for the work tree at a folder, which may lie below the top of the repository."""

    program: Path
    root: Path

    def read(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run a command that only reads, and give what it prints.

        Raises ProgramError with git's words where it fails.
        """
        completed = self.ask(*arguments, stdin=stdin)
        if completed.returncode:
            raise ProgramError(f"git {arguments[0]} fails: {_words(completed)}")
        return completed.stdout

    def ask(self, *arguments: str, stdin: bytes = b"") -> Completed:
        """Run a command that only reads; its exit code is part of its answer."""
        settings = tuple(word for one in _SAFE for word in ("-c", one))
        return run(
            Command(
                (str(self.program), *settings, *arguments),
                self.root,
                _environment(self.root),
                _SECONDS,
                _MAX_OUTPUT,
                stdin=stdin,
            )
        )

    def commit(self, revision: str) -> str:
        """Give the full name of a revision's commit; UsageError where there is none."""
        completed = self.ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        if completed.returncode:
            raise UsageError(
                f"there is no commit {revision!r}",
                hint=_words(completed) or "see git log; a shallow clone may have to be deepened",
            )
        return completed.stdout.decode().strip()


def open_git(root: Path) -> Git:
    """Give the git for a work tree; ProgramError where there is none on PATH outside of it."""
    program = next(programs_named("git", root), None)
    if program is None:
        raise ProgramError("there is no git on PATH", hint="install git")
    return Git(program, root)


def _environment(root: Path) -> dict[str, str]:
    """Give what git needs of the caller's environment, without any GIT_* of it."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return passed | {
        "PATH": os.pathsep.join(search_path(root)),
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _words(completed: Completed) -> str:
    return " ".join(completed.stderr.decode(errors="replace").split()).removeprefix("fatal: ")
