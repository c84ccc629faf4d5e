"""A copy of the fleet to try things on, and the real fleetops run in it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import jsonschema

from fleetops.api.schemas import schema
from fleetops.programs import KUBECONFORM, KUSTOMIZE, ensure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent
FLEETOPS = Path(sys.executable).with_name("fleetops")
"""The command as it is installed, which unlike `python -m` imports nothing from where it runs."""
PARTS = ("base", "overlays", "releases", "fleetops.yaml")
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("GIT_", "_ARGCOMPLETE"))
} | {"COLUMNS": "100", "NO_COLOR": "1"}

Snapshot = dict[str, tuple[int, int, bytes]]
"""Path to mode, time of the last change (of files only) and content."""


@dataclass(frozen=True)
class Done:
    """What became of a run of fleetops."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401
        """What it printed with --output json."""
        return json.loads(self.out)

    @property
    def findings(self) -> list[tuple[str, str | None, int | None]]:
        """Check, file and line of each finding in its JSON."""
        return [(one["check"], one["file"], one["line"]) for one in self.data["findings"]]


@dataclass(frozen=True)
class FleetCopy:
    """A repository with the fleet in it, in a folder that has room for more beside it."""

    root: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Copy the fleet into a repository in `folder`, as Git would check it out."""
        root = folder / "repository"
        root.mkdir()
        (folder / "tmp").mkdir()
        for part in PARTS:
            source, target = ROOT / part, root / part
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
        fleet = cls(root)
        fleet.git("init", "--quiet", "--initial-branch=main")
        return fleet

    def git(self, *words: str) -> str:
        names = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.test")
        return subprocess.run(
            ["git", *names, *words],  # noqa: S607
            cwd=self.root,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def commit(self) -> None:
        """Commit everything that there is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=as it is")

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start fleetops in the repository."""
        return self.start_by((), *words, **environment)

    def start_by(
        self, before: Sequence[str], *words: str, **environment: str
    ) -> subprocess.Popen[str]:
        """Start fleetops in the repository by a command that runs another."""
        return subprocess.Popen(
            [*before, FLEETOPS, *words],
            cwd=self.root,
            env=ENVIRONMENT | {"TMPDIR": str(self.root.parent / "tmp")} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> Done:
        """Run fleetops in the repository; whatever happens, it cleans up and gives a reason."""
        return self.end(self.start(*words, **environment))

    def end(self, process: subprocess.Popen[str]) -> Done:
        """Wait for the end of what was started."""
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in out + err, err
        assert list((self.root.parent / "tmp").iterdir()) == []
        return Done(process.returncode, out, err)

    def json(self, *words: str, **environment: str) -> Done:
        """Run fleetops with --output json: it says nothing else, and that as it is published."""
        done = self.run(*words, "--output", "json", **environment)
        assert done.err == ""
        jsonschema.validate(done.data, schema(done.data["command"]))
        return done

    def refused(
        self, *words: str, code: int = 1, environment: Mapping[str, str] | None = None
    ) -> str:
        """Run fleetops, which has to fail and to leave everything as it was; give its words.

        What cannot be rendered is a finding of `validate`, and an error of anything else.
        """
        before = self.snapshot()
        done = self.run(*words, **(environment or {}))
        assert done.code == code, done
        assert self.snapshot() == before
        assert done.out == "" or words[0] == "validate"
        return done.out + done.err

    def snapshot(self) -> Snapshot:
        """Take down everything that stands in the repository."""
        return {
            str(path.relative_to(self.root)): _state(path)
            for path in sorted(self.root.rglob("*"))
            if ".git" not in path.parts
        }

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file, its folders first where they are missing."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands in a file once."""
        text = self.read(path)
        assert text.count(old) == 1, (path, old)
        self.write(path, text.replace(old, new))

    def append(self, path: str, text: str) -> None:
        self.write(path, self.read(path) + text)

    def line(self, path: str, text: str) -> int:
        """Find the number of the one line with this text."""
        (number,) = (
            number
            for number, line in enumerate(self.read(path).splitlines(), start=1)
            if text in line
        )
        return number


def _state(path: Path) -> tuple[int, int, bytes]:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return status.st_mode, 0, str(path.readlink()).encode()
    if not stat.S_ISREG(status.st_mode):
        return status.st_mode, 0, b""
    return status.st_mode, status.st_mtime_ns, path.read_bytes()


def programs_on_path(folder: Path, **scripts: str) -> dict[str, str]:
    """Give an environment whose programs are the real ones, or shell scripts that play them.

    A script answers the question for its version truly, and finds the real program in $REAL.
    """
    bins = folder / "bin"
    bins.mkdir()
    for program in (KUSTOMIZE, KUBECONFORM):
        real = ensure(program, ROOT, lambda _: None)
        asked = " ".join(program.version_arguments)
        path = bins / program.name
        if program.name in scripts:
            path.write_text(
                f'#!/bin/sh\nREAL={real}\nif [ "$*" = "{asked}" ]; then exec $REAL "$@"; fi\n'
                f"{scripts[program.name]}\n"
            )
            path.chmod(0o755)
        else:
            path.symlink_to(real)
    return {
        "PATH": f"{bins}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
