"""fleetops on repositories that never saw it, beside plain kustomize: every folder with a render.

`--repository PATH` names one, and may be given again. Each is copied, and nothing is fetched for
it. What kustomize renders has to be rendered to the same bytes, or refused with its file and line.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fleets import new_cache
from processes import FLEETOPS, REPOSITORY, environment

from fleetops.errors import FleetopsError
from fleetops.files import Repository
from fleetops.kustomization import NAMES, read_closure
from fleetops.programs import KUSTOMIZE, ensure
from fleetops.render import Kustomize, Render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.kustomization import Closure

SECONDS = 120.0
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is none, so that kustomize fetches nothing either."""


class Folder(NamedTuple):
    """What became of a folder with a kustomization."""

    path: str
    theirs: bytes | None
    """None where kustomize refuses it."""
    ours: Render | FleetopsError

    @property
    def fault(self) -> str | None:
        """What is another outcome than kustomize's, and is not said to be so."""
        if isinstance(self.ours, Render):
            if self.theirs is None:
                return "rendered, and kustomize refuses it"
            return None if self.ours.text.encode() == self.theirs else "rendered otherwise"
        place = self.ours.place
        if self.theirs is None or (place and place.line):
            return None
        return f"refused without a line: {self.ours.summary}"


def folders(repository: Repository) -> list[str]:
    """Find the folders with a kustomization."""
    return sorted(
        os.path.relpath(folder, repository.root)
        for folder, _, files in os.walk(repository.root)
        if not set(files).isdisjoint(NAMES) and ".git" not in Path(folder).parts
    )


def compared(repository: Repository, scratch: Path) -> Iterator[Folder]:
    """Render every folder by kustomize alone and by what fleetops renders with."""
    program = ensure(KUSTOMIZE, REPOSITORY, print)
    alone = {"HOME": str(scratch), "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE}

    def plain(path: str) -> bytes | None:
        done = subprocess.run(
            [program, "build", path],
            cwd=repository.root,
            env=alone,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout if done.returncode == 0 else None

    def closure(path: str) -> tuple[Repository, Closure] | FleetopsError:
        try:
            return repository, read_closure(repository, path)
        except FleetopsError as error:
            return error

    paths = folders(repository)
    with ThreadPoolExecutor(2) as pool:
        theirs = list(pool.map(plain, paths))
    with Kustomize(program, scratch).start(map(closure, paths)) as rendering:
        for path, their, our in zip(paths, theirs, rendering.each(), strict=True):
            yield Folder(path, their, our)


def run(repository: Path, cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run fleetops in a repository; its exit code is that of an outcome, and nobody's mistake."""
    done = subprocess.run(
        [FLEETOPS, *words],
        cwd=repository,
        env=environment(cache),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1} or "Traceback" in done.stderr:
        sys.exit(f"fleetops {' '.join(words)} in {repository}: {done.returncode}\n{done.stderr}")
    return done


def look(source: Path) -> int:
    """Print what becomes of a repository, and give the number of faults."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch).resolve() / source.name
        shutil.copytree(source, copy, symlinks=True)
        home = Path(scratch) / "home"
        home.mkdir()
        found = list(compared(Repository.at(copy), home))
        faults = [(one.path, one.fault) for one in found if one.fault]
        rendered = sum(isinstance(one.ours, Render) for one in found)
        print(f"{source.name}: {len(found)} folders, {rendered} rendered, {len(faults)} faults")
        for path, fault in faults:
            print(f"  {path}: {fault}")
        cache = new_cache(Path(scratch) / "cache", REPOSITORY)
        for words in (("validate",), ("init",), ("validate",), ("status",), ("releases",)):
            result = json.loads(run(copy, cache, *words, "--output", "json").stdout)
            named = ("environments", "findings", "releases")
            said = ", ".join(f"{len(result[key])} {key}" for key in named if key in result)
            print(f"  fleetops {words[0]}: {said}")
    return len(faults)


def main() -> int:
    """Look at the repositories; exit code 1 if one is another than for kustomize."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", action="append", type=Path, required=True, metavar="PATH")
    return 1 if sum(map(look, parser.parse_args().repository)) else 0


if __name__ == "__main__":
    sys.exit(main())
