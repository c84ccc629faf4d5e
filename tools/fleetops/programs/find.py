"""Find programs on PATH by the version that they print, which is asked once and remembered."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.errors import ProgramError
from fleetops.programs.commands import Command, clean_environment
from fleetops.programs.places import cache_folder, programs_named
from fleetops.programs.run import run
from fleetops.programs.versions import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.programs.pins import Tool
    from fleetops.programs.versions import Version

_ASK_TIMEOUT: Final = 30.0
_ASK_OUTPUT: Final = 64 * 1024


class Candidate(Struct, frozen=True):
    """A program on PATH."""

    path: Path
    version: Version | None
    """None where it does not say one that can be read."""


def find(tool: Tool, repository: Path) -> Candidate | None:
    """Give the first program on PATH whose version is accepted, None where there is none.

    Folders of PATH that are relative or inside the repository are passed over. No process is
    started for a file whose version is known.
    """
    for candidate in candidates(tool, repository):
        if candidate.version is not None and candidate.version in tool.accepted:
            return candidate
    return None


def candidates(tool: Tool, repository: Path) -> Iterator[Candidate]:
    """Give the programs of the tool's name on PATH, accepted or not."""
    try:
        memory = cache_folder(repository) / "versions.json"
    except ProgramError:
        memory = None
    for path in programs_named(tool.name, repository):
        with suppress(FileNotFoundError):
            yield Candidate(path, _version_of(tool, path, memory))


def ask_version(tool: Tool, path: Path) -> Version | None:
    """Run a program to learn its version; None where it fails or says none that can be read.

    Raises ProgramError where it cannot be started or does not end.
    """
    import tempfile

    if not tool.version_arguments:
        return None
    with tempfile.TemporaryDirectory(prefix="fleetops-") as home:
        # Otherwise `go version` leaves a process behind that writes there.
        telemetry = Path(home) / ".config/go/telemetry/mode"
        telemetry.parent.mkdir(parents=True)
        telemetry.write_text("off\n")
        completed = run(
            Command(
                (str(path), *tool.version_arguments),
                Path(home),
                clean_environment(Path(home)),
                _ASK_TIMEOUT,
                _ASK_OUTPUT,
            )
        )
    if completed.returncode:
        return None
    return parse_version(completed.stdout.decode(errors="replace"))


def _version_of(tool: Tool, path: Path, memory: Path | None) -> Version | None:
    """Give the version of a file, from memory where the file is still the same."""
    status = path.stat()
    stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
    # The name is part of it: a version manager's links of many names lead to one file.
    key = f"{tool.name} {path.resolve()}"
    known = _read(memory)
    match known.get(key):
        case [*remembered, str(text)] if remembered == stamp:
            return parse_version(text)
    try:
        version = ask_version(tool, path)
    except ProgramError:
        return None
    _write(memory, known | {key: [*stamp, str(version or "")]})
    return version


def _read(memory: Path | None) -> dict[str, object]:
    """Give what is remembered; nothing where that cannot be read."""
    if memory is None:
        return {}
    try:
        known = json.loads(memory.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(memory: Path | None, known: dict[str, object]) -> None:
    """Put it beside and in place by a rename; what cannot be written is asked again."""
    if memory is None:
        return
    beside = memory.with_name(f"{memory.name}.{os.getpid()}")
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(known, indent=1) + "\n")
        beside.replace(memory)
