"""Give the path of a program that may be used, building it where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleetops.programs.commands import Command
from fleetops.programs.find import find
from fleetops.programs.golang import download_environment, find_go, platform
from fleetops.programs.once import Recipe, make_once
from fleetops.programs.pins import read_pin
from fleetops.programs.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleetops.programs.pins import Program

_BUILD_TIMEOUT: Final = 3600.0


def ensure(program: Program, repository: Path, narrate: Callable[[str], None]) -> Path:
    """Give the path of the program: on PATH with an accepted version, or built in the cache.

    `repository` is the root of the repository that is worked on; nothing in it is ever run.
    `narrate` is given a line when a build starts, now and then while it goes on, and when it is
    done; a second process that needs the same program waits, and says so.

    Raises ProgramError where there is none and it cannot be built.
    """
    if found := find(program, repository):
        return found.path
    return make_once(recipe_for(program, repository, narrate), narrate)


def present(program: Program, repository: Path) -> Path | None:
    """Give the path of the program as `ensure` would, None where that would have to build it."""
    if found := find(program, repository):
        return found.path
    recipe = recipe_for(program, repository, lambda _: None)
    binary = recipe.folder / recipe.binary
    return binary if binary.is_file() else None


def recipe_for(program: Program, repository: Path, narrate: Callable[[str], None]) -> Recipe:
    """Give the recipe that builds a program, and those built together with it, as it is pinned."""
    pin = read_pin(program)
    name = program.folder.name

    def build(product: Path, scratch: Path) -> Command:
        go = find_go(pin.go, repository, narrate)
        linked = ["-s", "-w"]
        if program.version_variable:
            linked += ["-X", f"{program.version_variable}=v{pin.version}"]
        # Into a file Go puts one program under our name for it, into a folder all under its names.
        output = product if program.together else product / program.name
        arguments = (
            *(str(go.path), "build", "-mod=readonly", "-trimpath", "-buildvcs=false"),
            *("-ldflags", " ".join(linked), "-tags", ",".join(program.tags), "-o", str(output)),
            *(program.together or (program.package,)),
        )
        environment = {
            **download_environment(scratch, repository),
            **go.environment,
            "CGO_ENABLED": str(int(program.cgo)),
            "GOTMPDIR": str(scratch),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }
        return Command(arguments, program.folder, environment, _BUILD_TIMEOUT)

    return Recipe(
        name=name,
        tool=program,
        version=pin.version,
        folder=cache_folder(repository) / f"{name}-v{pin.version}-{platform()}-{pin.key}",
        binary=program.name,
        doing=f"building {name} v{pin.version}",
        seconds=program.seconds,
        command=build,
        hint=f"put {program.name} {program.accepted} on PATH",
    )
