"""The git on PATH, run on one repository: to read, so that nothing in it is run, and to change it.

What changes it is the user's own git: with their configuration, hooks, keys and credentials.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from fleetops.errors import ProgramError, RefusedError, UsageError
from fleetops.programs import Command, run
from fleetops.programs.places import programs_named, search_path
from fleetops.programs.versions import Version, parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fleetops.programs import Completed

_OLDEST: Final = Version(2, 38)
_SECONDS: Final = 60.0
_HOOK_SECONDS: Final = 600.0
_MAX_OUTPUT: Final = 1024**3
_PASSED: Final = ("HOME", "XDG_CONFIG_HOME", "LANG")
# Whatever the repository's own configuration says: no program of its choice, no network.
_SAFE: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
)
# A bare repository among the files is not the one whose work tree they are.
_OURS: Final = ("safe.bareRepository=explicit",)
# What is written is on the disk before anything refers to it.
_DURABLE: Final = ("core.fsync=all",)
# Of the caller's GIT_*, which may be those of another repository whose hook we run in.
_THEIRS: Final = re.compile(r"GIT_(AUTHOR|COMMITTER|SSH|SSL|CONFIG)_|GIT_(SSH|ASKPASS)$")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]+@")


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
        command = self._command(_SAFE, arguments, _environment(self.root), stdin)
        return run(command)

    def change(
        self, *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None
    ) -> bytes:
        """Run a command that writes, or that talks to a remote, and give what it prints.

        Raises RefusedError with git's words where it fails.
        """
        completed = self.attempt(*arguments, stdin=stdin, variables=variables)
        if completed.returncode:
            raise RefusedError(f"git {arguments[0]} fails", hint=said(completed))
        return completed.stdout

    def attempt(
        self, *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None
    ) -> Completed:
        """Run a command that writes, or talks to a remote; its exit code is part of its answer."""
        environment = _own_environment(self.root) | (variables or {})
        return run(
            replace(self._command(_DURABLE, arguments, environment, stdin), timeout=_HOOK_SECONDS)
        )

    def _command(
        self,
        settings: tuple[str, ...],
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        stdin: bytes,
    ) -> Command:
        words = tuple(word for one in (*_OURS, *settings) for word in ("-c", one))
        return Command(
            (str(self.program), *words, *arguments),
            self.root,
            environment,
            _SECONDS,
            _MAX_OUTPUT,
            stdin=stdin,
        )

    def path(self, name: str) -> Path:
        """Give where git keeps a file of its own, such as `index`."""
        return self.paths([name])[name]

    def paths(self, names: Sequence[str]) -> dict[str, Path]:
        """Give where git keeps files of its own, by their names."""
        words = (word for name in names for word in ("--git-path", name))
        found = os.fsdecode(self.read("rev-parse", *words)).removesuffix("\n").split("\n")
        return {name: self.root / path for name, path in zip(names, found, strict=True)}

    def prefix(self) -> str:
        """Give the path from the top of the repository to the folder, with a slash behind it."""
        return os.fsdecode(self.read("rev-parse", "--show-prefix")).removesuffix("\n")

    def is_alike(self, commit: str, other: str) -> bool:
        """Tell whether two commits have the same files, parents and message."""
        words = (
            "show",
            "--no-patch",
            "--no-show-signature",
            "--format=%T %P%n%B",
            "--end-of-options",
        )
        return self.read(*words, commit) == self.read(*words, other)

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


def require_recent(git: Git) -> None:
    """Raise ProgramError for a git that is too old to commit, or to keep to what it is set to."""
    version = parse_version(git.read("version").decode(errors="replace"))
    if version is None or version < _OLDEST:
        raise ProgramError(
            f"{git.program} is {version or 'of a version that it does not say'}, and to commit"
            f" takes {_OLDEST} or newer",
            hint="nothing was written; install a newer git",
        )


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


def _own_environment(root: Path) -> dict[str, str]:
    """Give the caller's environment, without what would lead git to another repository."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or _THEIRS.match(name)
    }
    return passed | {"PATH": os.pathsep.join(search_path(root)), "GIT_EDITOR": ":"}


def said(completed: Completed) -> str:
    """Give what git and its hooks said of a failure, without the credentials in an address."""
    text = completed.stderr.decode(errors="replace").strip()
    return _CREDENTIALS.sub("", text)


def _words(completed: Completed) -> str:
    return " ".join(said(completed).split()).removeprefix("fatal: ")
