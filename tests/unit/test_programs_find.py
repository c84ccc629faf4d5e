from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fleetops.errors import ProgramError
from fleetops.programs.find import candidates, find
from fleetops.programs.pins import Tool
from fleetops.programs.places import cache_folder
from fleetops.programs.versions import Range, Version

if TYPE_CHECKING:
    from pathlib import Path

TOOL = Tool("thing", ("version",), Range(Version(1, 2), Version(2, 0)))


def program(folder: Path, says: str, name: str = "thing") -> Path:
    """Write a program that prints its version and counts in a file how often it was run."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f'#!/bin/sh\necho run >> "{file}.runs"\n[ "$1" = version ] && {says}\n')
    file.chmod(0o755)
    return file


def runs(file: Path) -> int:
    log = file.with_name(f"{file.name}.runs")
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository, with a cache outside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def set_path(monkeypatch: pytest.MonkeyPatch, *folders: Path | str) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))


def test_finds_a_program_of_a_supported_version(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(tmp_path / "bin", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "absent", tmp_path / "bin")
    found = find(TOOL, repository)
    assert found is not None
    assert (found.path, found.version) == (file, Version(1, 2, 3))


@pytest.mark.parametrize("says", ["echo v1.1.9", "echo v2.0.0", "echo development", "exit 1"])
def test_passes_over_what_is_not_supported(
    says: str, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", says)
    set_path(monkeypatch, tmp_path / "bin")
    assert find(TOOL, repository) is None


def test_what_cannot_say_its_version_is_not_found_and_not_run(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(tmp_path / "bin", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "bin")
    assert find(Tool("thing", (), TOOL.accepted), repository) is None
    assert runs(file) == 0


def test_takes_the_first_that_is_supported(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "old", "echo v0.1.0")
    file = program(tmp_path / "new", "echo v1.9.0")
    program(tmp_path / "later", "echo v1.2.0")
    set_path(monkeypatch, tmp_path / "old", tmp_path / "new", tmp_path / "later")
    found = find(TOOL, repository)
    assert found is not None
    assert found.path == file


def test_a_file_that_is_not_executable_is_no_program(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "echo v1.2.3").chmod(0o644)
    (tmp_path / "other" / "thing").mkdir(parents=True)
    set_path(monkeypatch, tmp_path / "bin", tmp_path / "other")
    assert list(candidates(TOOL, repository)) == []


def test_never_runs_a_program_of_the_repository(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(repository / "bin", "echo v1.2.3")
    (tmp_path / "link").symlink_to(repository / "bin")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "thing").symlink_to(file)
    places: list[Path | str] = [
        "",
        ".",
        "bin",
        "../repository/bin",
        repository / "bin",
        tmp_path / "link",
    ]
    set_path(monkeypatch, *places, tmp_path / "outside")
    assert find(TOOL, repository) is None
    assert runs(file) == 0


def test_a_folder_named_like_the_repository_is_not_in_it(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "repository-tools", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "repository-tools")
    assert find(TOOL, repository) is not None


def test_starts_no_process_once_the_verdict_is_known(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = program(tmp_path / "old", "exit 1")
    new = program(tmp_path / "new", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "old", tmp_path / "new")
    first = find(TOOL, repository)
    assert find(TOOL, repository) == first
    assert (runs(old), runs(new)) == (1, 1)


def test_looks_again_at_a_changed_program(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_path(monkeypatch, tmp_path / "bin")
    program(tmp_path / "bin", "echo v1.2.3")
    assert find(TOOL, repository) is not None
    program(tmp_path / "bin", "echo v9.2.3")
    assert find(TOOL, repository) is None


def test_names_that_lead_to_one_file_are_told_apart(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = program(tmp_path / "bin", "case $0 in *thing) echo 1.2.3;; *) echo 7.0.0;; esac", "m")
    for name in ("thing", "other"):
        (tmp_path / "bin" / name).symlink_to(manager)
    set_path(monkeypatch, tmp_path / "bin")
    for _ in range(2):
        versions = [
            candidate.version
            for name in ("thing", "other")
            for candidate in candidates(Tool(name, ("version",), TOOL.accepted), repository)
        ]
        assert versions == [Version(1, 2, 3), Version(7, 0, 0)]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, b'{"thing": 3}'],
    ids=["empty", "cut", "not text", "a list", "null", "deep", "other shape"],
)
def test_a_damaged_memory_is_looked_past(
    damage: bytes, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(tmp_path / "bin", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "bin")
    memory = tmp_path / "cache" / "fleetops" / "programs" / "versions.json"
    memory.parent.mkdir(parents=True)
    memory.write_bytes(damage)
    for _ in range(2):
        assert find(TOOL, repository) is not None
    assert runs(file) == 1


def test_every_entry_of_the_memory_may_be_nonsense(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(tmp_path / "bin", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "bin")
    memory = tmp_path / "cache" / "fleetops" / "programs" / "versions.json"
    memory.parent.mkdir(parents=True)
    for nonsense in ("3", "[]", '["1.2.3"]', '[1, 2, 3, "1.2.3"]', "[1, 2, 3, 4]", "{}"):
        memory.write_text(f'{{"thing {file}": {nonsense}}}')
        assert find(TOOL, repository) is not None


def test_a_memory_that_cannot_be_kept_does_no_harm(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "bin")
    (tmp_path / "cache").touch()
    assert find(TOOL, repository) is not None


def test_a_verdict_kept_in_the_repository_is_not_believed(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(tmp_path / "bin", "echo v1.2.3")
    set_path(monkeypatch, tmp_path / "bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository / ".cache"))
    for _ in range(2):
        assert find(TOOL, repository) is not None
    assert runs(file) == 2
    assert not (repository / ".cache").exists()


def test_the_cache_is_where_xdg_says(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder(repository) == tmp_path / "cache" / "fleetops" / "programs"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert cache_folder(repository) == tmp_path / "home" / ".cache" / "fleetops" / "programs"


def test_a_cache_in_the_repository_is_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository / ".cache"))
    with pytest.raises(ProgramError, match="inside the repository") as refused:
        cache_folder(repository)
    assert refused.value.hint == "set XDG_CACHE_HOME to a folder outside the repository"
