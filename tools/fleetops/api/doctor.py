"""The programs that fleetops needs: whether they are there, and getting them ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results.doctor import Doctor, ProgramStatus
from fleetops.programs import CLUSTER_PROGRAMS, HELM, PROGRAMS, ensure, inventory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def doctor(directory: Path) -> Doctor:
    """Tell of each program what is there; nothing is built to find out."""
    programs = tuple(
        ProgramStatus(
            name=one.name,
            accepted=str(one.accepted),
            version=str(one.version) if one.version else None,
            path=str(one.path) if one.path else None,
            origin=one.origin.value if one.origin else None,
            note=one.note,
            fix=one.fix,
            optional=one.optional,
        )
        for one in inventory(directory.absolute())
    )
    ok = not any(one.fix for one in programs if not one.optional)
    return Doctor(ok=ok, programs=programs)


def install(
    directory: Path, narrate: Callable[[str], None], *, helm: bool = False, cluster: bool = False
) -> list[Path]:
    """Get every program, Helm and those of a cluster if asked; where each is, is the result.

    Raises ProgramError where one is not on PATH and cannot be built.
    """
    programs = (*PROGRAMS, *([HELM] if helm else ()), *(CLUSTER_PROGRAMS if cluster else ()))
    return [ensure(program, directory.absolute(), narrate) for program in programs]
