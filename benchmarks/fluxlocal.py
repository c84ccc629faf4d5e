"""flux-local, and the flux that it calls: made once, in the user's cache.

The module of flux lacks what its source embeds for `flux install`. That is of no use here, so that
it is built from a copy with an empty file in its place.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from processes import REPOSITORY

from fleetops.programs import Command, run
from fleetops.programs.golang import download_environment, find_go
from fleetops.programs.once import Recipe, make_once
from fleetops.programs.pins import Tool
from fleetops.programs.places import cache_folder
from fleetops.programs.versions import Range, Version

MODULE = "github.com/fluxcd/flux2/v2"
VERSION = Version(2, 9, 5)
SUM = "h1:jwCccxvkD+2QnsjN+pl5QqM8KnFUwA8pIoQ1Lf0avkA="
GO = Version(1, 26)
REQUIREMENTS = Path(__file__).parent / "programs/flux-local/requirements.txt"
SECONDS = 600.0
KUSTOMIZATION = """\
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 10m
  path: ./overlays/{name}
  prune: true
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""


def write_clusters(fleet: Path) -> None:
    """Have Flux sync every overlay of a fleet, which is what flux-local goes by."""
    names = sorted(one.name for one in (fleet / "overlays").iterdir())
    (fleet / "clusters").mkdir()
    text = "".join(KUSTOMIZATION.format(name=name) for name in names)
    (fleet / "clusters/sync.yaml").write_text(text)


def install(folder: Path, kustomize: Path) -> tuple[Path, str]:
    """Install flux-local in an environment in the folder; give it, and the PATH that it needs."""
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = (environment / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    locked = ("--require-hashes", "--requirement", REQUIREMENTS)
    subprocess.run([*pip, "install", *locked], check=True)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "kustomize").symlink_to(kustomize)
    (programs / "flux").symlink_to(make_once(_recipe(), print))
    return environment / "bin/flux-local", f"{programs}:$PATH"


def _recipe() -> Recipe:
    return Recipe(
        name="flux-cli",
        tool=Tool("flux", (), Range(VERSION)),
        version=VERSION,
        folder=cache_folder(REPOSITORY) / f"flux-cli-v{VERSION}",
        binary="flux",
        doing=f"building flux v{VERSION}",
        seconds=420,
        command=_build,
        hint="measure without it",
    )


def _build(product: Path, scratch: Path) -> Command:
    go = find_go(GO, REPOSITORY, print)
    environment = {
        **download_environment(scratch, REPOSITORY),
        **go.environment,
        "CGO_ENABLED": "0",
        "GOTMPDIR": str(scratch),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    download = (str(go.path), "mod", "download", "-json", f"{MODULE}@v{VERSION}")
    found = json.loads(run(Command(download, scratch, environment, SECONDS)).stdout)
    if found["Sum"] != SUM:
        sys.exit(f"{MODULE} is another one than before")
    source = scratch / "source"
    # What Go keeps cannot be written to, and what is copied with its mode neither.
    shutil.copytree(found["Dir"], source, copy_function=shutil.copyfile)
    for one in (source, *source.rglob("*")):
        one.chmod(0o700)
    (source / "cmd/flux/manifests").mkdir()
    (source / "cmd/flux/manifests/none.yaml").write_text("")
    build = (str(go.path), "build", "-mod=readonly", "-trimpath", "-buildvcs=false")
    return Command(
        (*build, "-o", str(product / "flux"), "./cmd/flux"), source, environment, 3 * SECONDS
    )
