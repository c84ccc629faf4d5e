#!/usr/bin/env python3
"""Generate tools/fleetops/schemas from the Go modules that its sources.json pins.

    python scripts/schemas/generate.py          writes the schemas
    python scripts/schemas/generate.py --check  says which files would be written otherwise

Needs fleetops, Go 1.27 or later on PATH and a module proxy. Every module has to have the sum that
sources.json states; what is needed to build controller-gen has to have that of its own go.sum.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import openapi

from fleetops.definitions import definitions, read_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.strict import Kind

SCHEMAS = Path(__file__).parents[2] / "tools/fleetops/schemas"


def main() -> int:
    """Write the files, or compare them with those that are there."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if any differs")
    check = parser.parse_args().check
    sources = json.loads((SCHEMAS / "sources.json").read_bytes())
    with TemporaryDirectory() as scratch:
        files = generate(sources, Path(scratch))
    there = {
        path.relative_to(SCHEMAS).as_posix(): path.read_bytes()
        for path in SCHEMAS.rglob("*.json")
        if path.name != "sources.json"
    }
    differing = sorted(path for path in files.keys() | there if files.get(path) != there.get(path))
    for path in differing:
        sys.stdout.write(f"{path}\n")
    if check:
        return 1 if differing else 0
    for folder in ("kubernetes", "custom"):
        shutil.rmtree(SCHEMAS / folder, ignore_errors=True)
    for path, content in files.items():
        (SCHEMAS / path).parent.mkdir(parents=True, exist_ok=True)
        (SCHEMAS / path).write_bytes(content)
    return 0


def generate(sources: dict[str, Any], scratch: Path) -> dict[str, bytes]:
    """Give the content of every file by its path in the folder of schemas."""
    kinds: dict[str, list[Kind]] = {}
    for minor, source in sources["kubernetes"].items():
        module = download(source, scratch)
        kinds[f"kubernetes/{minor}"] = list(openapi.read_kinds(module))
    # Custom resources have the metadata of the minor that sources.json names last, the newest.
    metadata = openapi.read_metadata(module)
    kinds["custom"] = [
        kind
        for folder in crd_folders(sources, scratch)
        for file in sorted(folder.glob("*.yaml"))
        for value, place in definitions(file.read_text(encoding="utf-8"), str(file))
        for kind in read_kinds(value, metadata, place)
    ]
    files = {
        f"{folder}/{kind.path}": dump(kind.schema) for folder in kinds for kind in kinds[folder]
    }
    everything = itertools.chain.from_iterable(kinds.values())
    cluster_scoped = {f"{kind.group}/{kind.name}" for kind in everything if not kind.namespaced}
    files["cluster_scoped.json"] = dump(sorted(cluster_scoped))
    return files


def crd_folders(sources: dict[str, Any], scratch: Path) -> Iterator[Path]:
    """Give a folder with the CRDs of each module, made of its Go types where it has none."""
    controller_gen = scratch / "controller-gen"
    tool = download(sources["controller-gen"], scratch)
    run("go", "build", "-mod=readonly", "-o", controller_gen, "./cmd/controller-gen", cwd=tool)
    for source in sources["custom"]:
        module = download(source, scratch)
        if "crds" in source:
            yield module / source["crds"]
        else:
            folder = scratch / source["module"]
            run(controller_gen, "crd", "paths=./...", f"output:crd:dir={folder}", cwd=module)
            yield folder


def download(source: dict[str, str], cwd: Path) -> Path:
    """Download a module and give its folder, once its sum is the pinned one."""
    answer = json.loads(
        run("go", "mod", "download", "-json", f"{source['module']}@{source['version']}", cwd=cwd)
    )
    if answer["Sum"] != source["sum"]:
        raise SystemExit(f"{source['module']}: {answer['Sum']} is not the pinned {source['sum']}")
    return Path(answer["Dir"])


def run(*command: str | Path, cwd: Path) -> bytes:
    """Run a program and give what it wrote to stdout; its stderr is ours."""
    done = subprocess.run(command, cwd=cwd, check=False, stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"{command[0]}: exit {done.returncode}\n{done.stdout.decode()}")
    return done.stdout


def dump(value: object) -> bytes:
    """Write JSON in the one way that does not depend on the order of what was read."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


if __name__ == "__main__":
    sys.exit(main())
