from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from fleetops.errors import ProgramError
from fleetops.programs import Command, Completed, clean_environment, run, run_all

if TYPE_CHECKING:
    from pathlib import Path

# Starts a child that writes into the named pipe "life", keeps it open, and outlives its parent.
CHILD = "(echo up; exec sleep 60) > life &"


def shell(script: str, folder: Path) -> Command:
    return Command(("/bin/sh", "-c", script), folder, clean_environment(folder))


class Life:
    """The reading end of a named pipe: it ends when the last process that writes has ended."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "life")
        self._pipe = os.open(folder / "life", os.O_RDONLY | os.O_NONBLOCK)

    def wait_for_start(self) -> None:
        assert select.select([self._pipe], [], [], 30)[0], "no child was started"
        assert os.read(self._pipe, 100) == b"up\n"

    def wait_for_end(self) -> None:
        assert select.select([self._pipe], [], [], 30)[0], "a child lives on"
        assert os.read(self._pipe, 100) == b""
        os.close(self._pipe)


def test_gives_exit_code_and_both_streams(tmp_path: Path) -> None:
    completed = run(shell("echo out; echo err >&2; exit 3", tmp_path))
    assert completed == Completed(3, b"out\n", b"err\n")


def test_gives_the_signal_that_ended_it(tmp_path: Path) -> None:
    assert run(shell("kill -TERM $$", tmp_path)).returncode == -signal.SIGTERM


def test_runs_in_its_folder_with_nothing_on_standard_input(tmp_path: Path) -> None:
    assert run(shell("pwd; cat", tmp_path)).stdout == f"{tmp_path}\n".encode()


@pytest.mark.parametrize("size", [1, 1024 * 1024])
def test_reads_what_it_is_given_on_standard_input(size: int, tmp_path: Path) -> None:
    command = replace(shell("cat", tmp_path), stdin=b"x" * size)
    assert run(command).stdout == b"x" * size


def test_what_it_is_given_need_not_be_read(tmp_path: Path) -> None:
    assert run(replace(shell("exec true", tmp_path), stdin=b"x" * 1024 * 1024)).returncode == 0


def test_inherits_nothing_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("GIT_DIR", "/somewhere/else")
    said = run(replace(shell("", tmp_path), arguments=("/usr/bin/env",))).stdout.decode()
    assert {line.partition("=")[0] for line in said.splitlines()} == {
        "PATH",
        "HOME",
        "TMPDIR",
        "LANG",
    }


def test_has_no_terminal_to_ask_at(tmp_path: Path) -> None:
    assert run(shell("exec < /dev/tty", tmp_path)).returncode != 0


def test_reads_more_than_a_pipe_holds(tmp_path: Path) -> None:
    completed = run(shell("head -c 3000000 /dev/zero", tmp_path))
    assert len(completed.stdout) == 3_000_000


def test_keeps_the_start_of_a_long_standard_error(tmp_path: Path) -> None:
    completed = run(shell("(echo first; head -c 300000 /dev/zero) >&2", tmp_path))
    assert len(completed.stderr) == 64 * 1024
    assert completed.stderr.startswith(b"first\n")


def test_ends_what_prints_too_much(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="sh printed more than 1000 bytes"):
        run(replace(shell("yes", tmp_path), max_output=1000))


def test_output_of_just_the_limit_is_fine(tmp_path: Path) -> None:
    assert run(replace(shell("printf 12345", tmp_path), max_output=5)).stdout == b"12345"


def test_ends_what_takes_too_long_with_all_its_children(tmp_path: Path) -> None:
    life = Life(tmp_path)
    with pytest.raises(ProgramError, match=r"sh did not end within 0\.5 s"):
        run(replace(shell(f"{CHILD} wait", tmp_path), timeout=0.5))
    life.wait_for_start()
    life.wait_for_end()


def test_ends_what_closes_its_output_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="did not end"):
        run(replace(shell("exec >&- 2>&-; sleep 60", tmp_path), timeout=0.5))


def test_a_child_that_keeps_the_output_open_does_not_hang_it(tmp_path: Path) -> None:
    life = Life(tmp_path)
    with pytest.raises(ProgramError, match="did not end"):
        run(replace(shell(CHILD, tmp_path), timeout=0.5))
    life.wait_for_start()
    life.wait_for_end()


@pytest.mark.parametrize("name", ["absent", "notes.txt", "damaged"])
def test_what_cannot_be_started_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch(0o644)
    (tmp_path / "damaged").write_bytes(b"\0")
    (tmp_path / "damaged").chmod(0o755)
    command = replace(shell("", tmp_path), arguments=(str(tmp_path / name),))
    with pytest.raises(ProgramError, match=f"{name} cannot be started: "):
        run(command)


def test_a_command_prints_as_the_shell_reads_it(tmp_path: Path) -> None:
    assert str(shell("echo 'a b'", tmp_path)) == """/bin/sh -c 'echo '"'"'a b'"'"''"""


def test_the_caller_is_told_the_seconds_meanwhile(tmp_path: Path) -> None:
    told: list[float] = []
    run(shell("sleep 1.5", tmp_path), told.append)
    assert told
    assert told == sorted(told)


def test_many_come_back_in_order_and_one_error_hides_none(tmp_path: Path) -> None:
    commands = [shell(f"sleep 0.{9 - number}; echo {number}", tmp_path) for number in range(6)]
    commands[2] = replace(commands[2], arguments=(str(tmp_path / "absent"),))
    commands[4] = replace(shell("sleep 60", tmp_path), timeout=0.2)
    outcomes = run_all(commands, workers=3)
    assert [outcome.stdout for outcome in outcomes if isinstance(outcome, Completed)] == [
        b"0\n",
        b"1\n",
        b"3\n",
        b"5\n",
    ]
    assert [number for number, o in enumerate(outcomes) if isinstance(o, ProgramError)] == [2, 4]


def test_no_more_run_at_a_time_than_there_are_workers(tmp_path: Path) -> None:
    script = "mkdir $$ && ls | wc -l && sleep 0.1 && rmdir $$"
    outcomes = run_all([shell(script, tmp_path)] * 6, workers=2)
    seen = [int(outcome.stdout) for outcome in outcomes if isinstance(outcome, Completed)]
    assert len(seen) == 6
    assert max(seen) == 2


def test_nothing_to_run_is_nothing() -> None:
    assert run_all([], workers=2) == []


def test_ctrl_c_ends_every_process_group(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    lives = [Life(folder) for folder in folders]
    program = (
        "import pathlib, sys\n"
        "from fleetops.programs import Command, clean_environment, run_all\n"
        "folders = [pathlib.Path(name) for name in sys.argv[2:]]\n"
        "run_all([Command(('/bin/sh', '-c', sys.argv[1]), folder, clean_environment(folder))\n"
        "         for folder in folders], workers=2)\n"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", program, f"{CHILD} wait", *map(str, folders)], stderr=subprocess.PIPE
    )
    for life in lives:
        life.wait_for_start()
    caller.send_signal(signal.SIGINT)
    _, said = caller.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    for life in lives:
        life.wait_for_end()


def test_takes_no_more_memory_than_it_may(tmp_path: Path) -> None:
    script = "bytearray(300 * 1024**2); print('had it')"
    command = Command((sys.executable, "-c", script), tmp_path, clean_environment(tmp_path))
    assert run(command).stdout == b"had it\n"
    bounded = run(replace(command, max_memory=100 * 1024**2))
    assert bounded.returncode != 0
    assert bounded.stdout == b""
