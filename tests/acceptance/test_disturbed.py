"""Whatever happens meanwhile, a file holds its old bytes or its new ones, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import Done, programs_on_path

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
PROMOTE = ("promote", "release3", "--env", "aws")

# It says that it is at work, by its process ID, and goes on when it is told to.
WAITING = """
echo $$ > {folder}/waiting.part && mv {folder}/waiting.part {folder}/waiting
while [ ! -e {folder}/go ]; do sleep 0.02; done
exec $REAL "$@"
"""
# Root may write where it may not, unless it gives that up (PR_CAPBSET_DROP, CAP_DAC_OVERRIDE).
POWERLESS = "import ctypes; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)"
WRITELESS = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"


def wait_for(path: Path) -> str:
    for _ in range(1000):
        if path.exists():
            return path.read_text()
        time.sleep(0.02)
    pytest.fail(f"there is no {path.name}")


def run_limited(fleet: FleetCopy, limit: str, *words: str) -> str:
    """Promote in a process that has limited itself; it has to fail, and changes nothing."""
    before = fleet.snapshot()
    script = f"{limit}; import os, sys; os.execv(sys.executable, sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", script, sys.executable, "-m", "fleetops", *PROMOTE, *words],
        cwd=fleet.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert fleet.snapshot() == before
    return done.stderr


@pytest.fixture
def waiting(tmp_path: Path) -> dict[str, str]:
    """Give an environment whose kubeconform, the last program to run, waits."""
    return programs_on_path(tmp_path, kubeconform=WAITING.format(folder=tmp_path))


def test_two_promotions_at_once_come_one_after_the_other(
    fleet: FleetCopy, tmp_path: Path, waiting: dict[str, str]
) -> None:
    first = fleet.start(*PROMOTE, **waiting)
    wait_for(tmp_path / "waiting")
    second = fleet.start("promote", "release1", "--env", "aws", "--force-order", **waiting)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(timeout=1)
    (tmp_path / "go").touch()
    outs = [process.communicate(timeout=60) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0]
    assert "aws goes from release2 to release3" in outs[0][0]
    assert "aws goes from release3 to release1" in outs[1][0]
    assert fleet.read(AWS).count("newTag: release1") == 3
    assert list((tmp_path / "tmp").iterdir()) == []


def test_many_promotions_at_once_leave_a_release_that_is_whole(fleet: FleetCopy) -> None:
    processes = [
        fleet.start("promote", release, "--env", "aws", "--force-order")
        for release in ("release1", "release2", "release3") * 2
    ]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    status = fleet.json("status").data["environments"][1]
    assert (status["off"], status["release"] is not None) == ([], True)


def test_a_dry_run_waits_for_nobody(
    fleet: FleetCopy, tmp_path: Path, waiting: dict[str, str]
) -> None:
    process = fleet.start(*PROMOTE, **waiting)
    wait_for(tmp_path / "waiting")
    other = fleet.start(*PROMOTE, "--dry-run")
    assert "would go from release2 to release3" in other.communicate(timeout=60)[0]
    (tmp_path / "go").touch()
    assert fleet.end(process).code == 0


def test_what_an_editor_writes_meanwhile_is_not_overwritten(
    fleet: FleetCopy, tmp_path: Path, waiting: dict[str, str]
) -> None:
    process = fleet.start(*PROMOTE, **waiting)
    wait_for(tmp_path / "waiting")
    fleet.append(AWS, "# Edited.\n")
    before = fleet.snapshot()
    (tmp_path / "go").touch()
    done = fleet.end(process)
    assert done.code == 1
    assert f"{AWS}: was changed by somebody else meanwhile" in done.err
    assert fleet.snapshot() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("program", ["kustomize", "kubeconform"])
def test_interrupted_it_ends_with_what_it_started(
    number: signal.Signals, program: str, fleet: FleetCopy, tmp_path: Path
) -> None:
    scripts = {program: WAITING.format(folder=tmp_path)}
    before = fleet.snapshot()
    process = fleet.start(*PROMOTE, **programs_on_path(tmp_path, **scripts))
    started = int(wait_for(tmp_path / "waiting"))
    process.send_signal(number)
    assert fleet.end(process) == Done(130, "", "")
    assert fleet.snapshot() == before
    with pytest.raises(ProcessLookupError):
        os.kill(started, 0)


# What a callback of Python's raises, Python only prints.
LOST = """
import signal, sys, time, weakref
from fleetops import __main__

class Thing:
    pass

def run(session, words):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(int(words[0])))
    del thing
    time.sleep(60)

__main__.run = run
__main__.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_that_falls_into_a_callback_is_not_lost(number: signal.Signals) -> None:
    words = (sys.executable, "-c", LOST, str(int(number)))
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_killed_it_leaves_every_file_as_it_was_and_no_lock(
    fleet: FleetCopy, tmp_path: Path, waiting: dict[str, str]
) -> None:
    before = fleet.snapshot()
    process = fleet.start(*PROMOTE, **waiting)
    wait_for(tmp_path / "waiting")
    process.kill()
    process.communicate()
    assert fleet.snapshot() == before
    (tmp_path / "go").touch()
    again = fleet.start(*PROMOTE, **waiting)
    again.communicate(timeout=60)
    assert again.returncode == 0


# It lets its caller write no more: as if the disk were full from then on.
FULL = f"""
{sys.executable} -c "
import os, resource
resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, (100, 100))
"
"""


@pytest.mark.parametrize("program", ["kustomize", "kubeconform"])
def test_a_full_disk_changes_nothing(program: str, fleet: FleetCopy, tmp_path: Path) -> None:
    parent = FULL.replace("os.getppid()", "int('$PPID')")
    programs = programs_on_path(tmp_path, **{program: f'{parent} exec $REAL "$@"'})
    assert "File too large" in fleet.refused(*PROMOTE, environment=programs)


@pytest.mark.parametrize("way", ["--commit", "--branch"])
def test_a_full_disk_commits_nothing(way: str, fleet: FleetCopy, tmp_path: Path) -> None:
    fleet.commit()
    fleet.git("config", "user.name", "A Promoter")
    fleet.git("config", "user.email", "promoter@example.test")
    before = fleet.git("for-each-ref"), fleet.git("ls-files", "--stage")
    parent = FULL.replace("os.getppid()", "int('$PPID')")
    programs = programs_on_path(tmp_path, kubeconform=f'{parent} exec $REAL "$@"')
    assert fleet.refused(*PROMOTE, way, environment=programs)
    assert (fleet.git("for-each-ref"), fleet.git("ls-files", "--stage")) == before
    assert fleet.git("status", "--porcelain") == ""
    fleet.git("fsck", "--strict")
    assert fleet.run(*PROMOTE, way).code == 0


def test_a_repository_that_cannot_be_written_is_left(fleet: FleetCopy) -> None:
    fleet.commit()
    fleet.git("config", "user.name", "A Promoter")
    fleet.git("config", "user.email", "promoter@example.test")
    folders = [path for path in (fleet.root / ".git").rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    said = run_limited(fleet, POWERLESS, "--commit")
    for folder in folders:
        folder.chmod(0o755)
    assert "insufficient permission" in said
    assert fleet.git("status", "--porcelain") == ""


def test_a_folder_that_cannot_be_written_changes_nothing(fleet: FleetCopy) -> None:
    folder = (fleet.root / AWS).parent
    folder.chmod(0o555)
    said = run_limited(fleet, POWERLESS)
    folder.chmod(0o755)
    assert said == f"fleetops: {AWS}: cannot be written: Permission denied\n  nothing was changed\n"


def test_without_a_place_for_temporary_files_nothing_is_begun(fleet: FleetCopy) -> None:
    said = run_limited(fleet, WRITELESS)
    assert said.startswith("fleetops: No usable temporary directory found in ")


def test_another_place_is_taken_where_the_named_one_is_none(fleet: FleetCopy) -> None:
    assert fleet.run(*PROMOTE, TMPDIR="/nowhere").code == 0


@pytest.mark.parametrize("words", [("validate",), ("schema", "validate"), ("explain",)])
def test_a_reader_that_reads_no_further_is_no_mistake(
    words: tuple[str, ...], fleet: FleetCopy
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [sys.executable, "-m", "fleetops", *words],
        cwd=fleet.root,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (process.returncode, process.stderr) == (0, b"")


def test_an_output_that_cannot_be_written_is_one(fleet: FleetCopy) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "fleetops", "validate"],
            cwd=fleet.root,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (process.returncode, process.stderr) == (1, b"fleetops: No space left on device\n")
