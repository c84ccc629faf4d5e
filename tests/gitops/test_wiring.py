"""What clusters/ holds: valid, alike, and allowing what the overlays render and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from fleetcopy import ROOT
from fleetops import goyaml
from fleetops.programs.pins import read_pin
from gitops.interface import URL
from gitops.programs import ARGOCD, FLUX, source
from gitops.synced import ENVIRONMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.programs import Program

CLUSTERS = ROOT / "clusters"
SCHEMAS = ROOT / "tools" / "fleetops" / "schemas"
CLUSTER_SCOPED = set(json.loads((SCHEMAS / "cluster_scoped.json").read_bytes()))
FILES = sorted(CLUSTERS.rglob("*.yaml"))


def read(file: Path) -> dict[str, Any]:
    (document,) = goyaml.read(file.read_text(), file.name)
    return dict(document.value)


def rendered(environment: str) -> set[tuple[str, str, str]]:
    """Give group, kind and name of what the environment consists of under any release."""
    found = set()
    for file in (ROOT / "tests" / "golden").glob(f"{environment}-*.yaml"):
        for document in goyaml.read(file.read_text(), file.name):
            group = document.value["apiVersion"].rpartition("/")[0]
            found.add((group, document.value["kind"], document.value["metadata"]["name"]))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CLUSTERS)))
def test_every_object_is_valid(file: Path) -> None:
    value = read(file)
    group, version = value["apiVersion"].split("/")
    schema = SCHEMAS / "custom" / group / f"{value['kind'].lower()}_{version}.json"
    jsonschema.validate(value, json.loads(schema.read_bytes()))


def test_every_environment_has_both() -> None:
    names = ("argocd/appproject", "argocd/sync", "flux/gitrepository", "flux/sync")
    expected = {f"{one}/{name}.yaml" for one in ENVIRONMENTS for name in names}
    assert {str(file.relative_to(CLUSTERS)) for file in FILES} == expected
    config = read(ROOT / "fleetops.yaml")
    assert [one["name"] for one in config["environments"]] == list(ENVIRONMENTS)


@pytest.mark.parametrize("name", ["argocd/sync.yaml", "flux/gitrepository.yaml", "flux/sync.yaml"])
def test_environments_are_synced_alike(name: str) -> None:
    local, aws = ((CLUSTERS / one / name).read_text() for one in ENVIRONMENTS)
    assert local.replace("fleetman-local", "fleetman-aws").replace("s/local", "s/aws") == aws


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_project_allows_what_the_overlay_renders_and_nothing_else(environment: str) -> None:
    spec = read(CLUSTERS / environment / "argocd" / "appproject.yaml")["spec"]
    objects = rendered(environment)
    of_the_cluster = {one for one in objects if f"{one[0]}/{one[1]}" in CLUSTER_SCOPED}
    allowed = {(one["group"], one["kind"], one["name"]) for one in spec["clusterResourceWhitelist"]}
    assert allowed == of_the_cluster
    kinds = {(one["group"], one["kind"]) for one in spec["namespaceResourceWhitelist"]}
    assert kinds == {one[:2] for one in objects - of_the_cluster}
    assert spec["sourceRepos"] == [URL]
    server = "https://kubernetes.default.svc"
    assert spec["destinations"] == [{"server": server, "namespace": "fleetman"}]


@pytest.mark.parametrize("program", [ARGOCD, FLUX], ids=lambda program: program.name)
def test_the_controllers_have_the_version_that_the_schemas_are_of(program: Program) -> None:
    module = program.package.removesuffix("/cmd")
    assert source(module)["version"] == f"v{read_pin(program).version}"
