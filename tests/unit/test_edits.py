"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from fleetops import edits
from fleetops.edits import Edit, apply_edits, locked
from fleetops.errors import RefusedError

if TYPE_CHECKING:
    from fleetops.files import Repository

REPLACE = """
import sys
from fleetops.edits import Edit, apply_edits
from fleetops.errors import FleetopsError
from fleetops.files import Repository

repository, old, size = Repository.at(__import__("pathlib").Path(sys.argv[1])), b"old", sys.argv[2]
try:
    apply_edits(repository, [Edit("folder/file.yaml", old, b"x" * int(size))])
except FleetopsError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def snapshot(repository: Repository) -> dict[str, tuple[int, bytes]]:
    """Give every file's mode and content, hidden ones too."""
    return {
        str(path.relative_to(repository.root)): (path.stat().st_mode, path.read_bytes())
        for path in repository.root.rglob("*")
        if path.is_file()
    }


def replaced_elsewhere(
    repository: Repository, size: int, limits: str = ""
) -> subprocess.CompletedProcess[str]:
    """Replace the file in a process of its own, behind what `limits` does to that process."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(limits) + REPLACE, repository.root, str(size)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_file_is_replaced_with_its_mode_kept(repository: Repository) -> None:
    file = repository.root / "folder" / "file.yaml"
    for mode in (0o644, 0o600, 0o755, 0o444):
        file.chmod(mode)
        apply_edits(
            repository, [Edit("folder/file.yaml", file.read_bytes(), f"new {mode}".encode())]
        )
        assert file.read_bytes() == f"new {mode}".encode()
        assert file.stat().st_mode & 0o7777 == mode
    assert list(snapshot(repository)) == ["folder/file.yaml"]


def test_a_replacement_goes_through_a_link_to_the_file(repository: Repository) -> None:
    (repository.root / "link.yaml").symlink_to("folder/file.yaml")
    apply_edits(repository, [Edit("link.yaml", b"old", b"new")])
    assert (repository.root / "link.yaml").is_symlink()
    assert (repository.root / "folder" / "file.yaml").read_bytes() == b"new"


def test_it_is_replaced_where_files_cannot_be_exchanged(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edits, "swap", lambda *_: False)
    apply_edits(repository, [Edit("folder/file.yaml", b"old", b"new")])
    assert list((repository.root / "folder").iterdir()) == [repository.root / "folder/file.yaml"]
    assert repository.read_bytes("folder/file.yaml") == b"new"


def test_what_was_changed_meanwhile_is_not_overwritten(repository: Repository) -> None:
    before = snapshot(repository)
    with pytest.raises(RefusedError, match="changed by somebody else"):
        apply_edits(repository, [Edit("folder/file.yaml", b"older", b"new")])
    assert snapshot(repository) == before


def test_a_reader_sees_the_old_file_or_the_new_one(repository: Repository) -> None:
    file = repository.root / "folder" / "file.yaml"
    with file.open("rb") as reader:
        apply_edits(repository, [Edit("folder/file.yaml", b"old", b"new" * 100_000)])
        assert reader.read() == b"old"
    assert file.read_bytes() == b"new" * 100_000


def test_a_full_disk_leaves_every_byte(repository: Repository) -> None:
    before = snapshot(repository)
    limits = """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    """
    done = replaced_elsewhere(repository, 1_000_000, limits)
    assert done.returncode == 1, done.stderr
    assert "folder/file.yaml: cannot be written: File too large" in done.stdout
    assert snapshot(repository) == before


def test_a_folder_that_may_not_be_written_leaves_every_byte(repository: Repository) -> None:
    before = snapshot(repository)
    folder = repository.root / "folder"
    # Root may write anywhere, so the process becomes somebody else, who has to find the folder.
    for path in (*folder.parents, folder):
        if path.stat().st_uid == os.geteuid() and path.stat().st_mode & 0o005 != 0o005:
            path.chmod(path.stat().st_mode | 0o005)
    folder.chmod(0o555)
    limits = """
    import os, pathlib, fleetops.edits, fleetops.files
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    """
    try:
        done = replaced_elsewhere(repository, 10, limits)
    finally:
        folder.chmod(0o755)
    assert done.returncode == 1, done.stderr
    assert "folder/file.yaml: cannot be written: Permission denied" in done.stdout
    assert snapshot(repository) == before


def test_an_interrupted_replacement_leaves_a_whole_file(repository: Repository) -> None:
    """Kill a process that does nothing but replace the file, wherever it happens to be."""
    endless = """
    import pathlib, sys
    from fleetops.edits import Edit, apply_edits
    from fleetops.files import Repository
    repository, old = Repository.at(pathlib.Path(sys.argv[1])), b"old"
    print("begins", flush=True)
    while True:
        new = b"b" * 300_000 if old[:1] != b"b" else b"a" * 300_000
        apply_edits(repository, [Edit("folder/file.yaml", old, new)])
        old = new
    """
    for number in range(5):
        (repository.root / "folder" / "file.yaml").write_bytes(b"old")
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(endless), repository.root],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.013 * (number + 1))
            process.send_signal(signal.SIGKILL)
        content = (repository.root / "folder" / "file.yaml").read_bytes()
        assert content in (b"old", b"a" * 300_000, b"b" * 300_000)


def test_the_lock_keeps_a_second_promotion_waiting_and_ends_with_its_process(
    repository: Repository,
) -> None:
    holder = """
    import pathlib, sys, time
    from fleetops.edits import locked
    from fleetops.files import Repository
    with locked(Repository.at(pathlib.Path(sys.argv[1]))):
        print("held", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(holder), repository.root], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        waiter = os.fork()
        if waiter == 0:
            with locked(repository):
                os._exit(0)
        time.sleep(0.2)
        assert os.waitpid(waiter, os.WNOHANG) == (0, 0)
        process.kill()
        assert os.waitpid(waiter, 0) == (waiter, 0)
