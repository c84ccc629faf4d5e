"""A repository that never saw fleetops is described by it, and nothing else in it changes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from fleetcopy import FleetCopy

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.acceptance

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: {image}
          resources: {{limits: {{memory: 64Mi, cpu: 100m}}}}
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 10m
  prune: true
  path: {path}
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""
APPLICATION_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - git:
        repoURL: https://github.com/example/fleet.git
        revision: main
        directories:
          - path: teams/*/prod
          - {path: teams/old/prod, exclude: true}
    - list: {elements: [{env: dev}, {env: prod}]}
  template:
    metadata: {name: "{{.path.basename}}"}
    spec:
      project: default
      destination: {server: https://kubernetes.default.svc}
      source:
        repoURL: https://github.com/example/fleet.git
        targetRevision: main
        path: PATH
"""


@pytest.fixture
def stranger(tmp_path: Path) -> FleetCopy:
    """Give a Git repository without anything in it."""
    (tmp_path / "tmp").mkdir()
    fleet = FleetCopy(tmp_path / "repository")
    fleet.root.mkdir()
    fleet.git("init", "--quiet")
    return fleet


def app(fleet: FleetCopy, folder: str, image: str = "registry.test:5000/team/web:1.2") -> None:
    fleet.write(f"{folder}/web.yaml", DEPLOYMENT.format(name="web", image=image))
    fleet.write(f"{folder}/kustomization.yaml", "resources: [web.yaml]\n")


def over(fleet: FleetCopy, folder: str, base: str, more: str = "") -> None:
    fleet.write(f"{folder}/kustomization.yaml", f"resources: [{base}]\n{more}")


def described(fleet: FleetCopy) -> dict[str, Any]:
    """Run init; whatever was there before is as it was, and what it wrote is valid."""
    before = fleet.snapshot()
    done = fleet.run("init", "--output", "json")
    assert done.code == 0, done.err
    result: dict[str, Any] = json.loads(done.out)
    after = fleet.snapshot()
    assert before.items() <= after.items()
    new = {f"{result['catalogue']}/{name}.yaml" for name in result["releases"]}
    assert {path for path in after if path not in before} - {result["catalogue"]} == {
        "fleetops.yaml",
        *new,
    }
    done = fleet.run("status")
    assert done.code == 0, done.err
    return result


def test_what_nothing_includes_is_an_environment_in_the_order_of_stages(
    stranger: FleetCopy,
) -> None:
    app(stranger, "base")
    stranger.write("parts/kustomization.yaml", "kind: Component\nnameSuffix: -x\n")
    for name in ("prod", "dev", "staging"):
        over(stranger, f"overlays/{name}", "../../base", "components: [../../parts]\n")
    result = described(stranger)
    assert list(result["environments"].items()) == [
        ("dev", "overlays/dev"),
        ("staging", "overlays/staging"),
        ("prod", "overlays/prod"),
    ]
    assert result["releases"] == ["1.2"]
    assert stranger.read("releases/1.2.yaml").splitlines()[2:] == [
        "images:",
        "  web:",
        "    name: registry.test:5000/team/web",
        '    tag: "1.2"',
    ]
    assert stranger.run("validate").code == 0


@pytest.mark.usefixtures("programs")
def test_what_flux_fills_in_is_filled_in(stranger: FleetCopy) -> None:
    web = DEPLOYMENT.format(name="web", image="example.test/web:${tag}")
    given = '  postBuild: {substitute: {tag: "1.0"}}\n'
    for name in ("dev", "prod", "twice", "elsewhere"):
        stranger.write(f"apps/{name}/web.yaml", web)
        stranger.write(f"apps/{name}/kustomization.yaml", "resources: [web.yaml]\n")
        path = f"./apps/{name}"
        stranger.write(f"clusters/{name}.yaml", FLUX.format(name=name, path=path) + given)
    # Another cluster fills in something else, and what a ConfigMap of a cluster says is unknown.
    stranger.write("clusters/again.yaml", FLUX.format(name="again", path="apps/twice/") + given)
    unknown = "  postBuild: {substitute: {a: b}, substituteFrom: [{kind: ConfigMap, name: a}]}\n"
    path = "apps/elsewhere"
    stranger.write("clusters/elsewhere.yaml", FLUX.format(name="e", path=path) + unknown)
    findings = json.loads(stranger.run("validate", "--output=json").out)["findings"]
    assert {one["environment"] for one in findings if "unsubstituted" in one["check"]} == {
        "twice",
        "elsewhere",
    }
    assert stranger.run("init").code == 0
    text = stranger.read("fleetops.yaml")
    assert "    flux: clusters/dev.yaml\n" in text
    assert "    flux: clusters/prod.yaml\n" in text
    assert text.count("flux:") == 2
    assert stranger.run("validate", "--env=dev", "--env=prod").code == 0
    assert "name: example.test/web\n" in stranger.read("releases/1.0.yaml")


def test_what_flux_syncs_is_an_environment_even_where_it_is_included(stranger: FleetCopy) -> None:
    app(stranger, "apps/base")
    over(stranger, "apps/prod", "../base")
    over(stranger, "everything", "../apps/prod")
    stranger.write("clusters/prod/apps.yaml", FLUX.format(name="apps", path="./apps/prod"))
    assert set(described(stranger)["environments"].values()) == {"apps/prod", "everything"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("'{{.path.path}}'", {"teams/a/prod", "teams/b/prod"}),
        ("envs/{{.env}}", {"envs/dev"}),
    ],
)
def test_what_an_application_set_makes_is_an_environment(
    stranger: FleetCopy, path: str, found: set[str]
) -> None:
    folders = ("teams/a/prod", "teams/b/prod", "teams/old/prod", "envs/dev")
    for folder in folders:
        app(stranger, folder)
    # Included, so that only what syncs them makes them environments.
    over(stranger, "all", ", ".join(f"../{folder}" for folder in folders), "nameSuffix: -x\n")
    stranger.write("argocd/set.yaml", APPLICATION_SET.replace("PATH", path))
    before = stranger.run("init", "--output", "json")
    environments = json.loads(before.out)["environments"]
    assert set(environments.values()) - {"all"} == found
    assert len(set(environments)) == len(environments)


def test_environments_that_run_the_same_have_one_release(stranger: FleetCopy) -> None:
    app(stranger, "base")
    over(stranger, "overlays/dev", "../../base", f"images:\n{entry('web', '1.3')}")
    for name in ("qa", "prod"):
        over(stranger, f"overlays/{name}", "../../base")
    assert described(stranger)["releases"] == ["1.3", "1.2"]
    lines = stranger.run("status").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["dev", "1.3"],
        ["qa", "1.2"],
        ["prod", "1.2"],
    ]


def entry(name: str, tag: str) -> str:
    return f'  - name: registry.test:5000/team/{name}\n    newTag: "{tag}"\n'


def test_what_a_release_cannot_say_is_left_out_and_said(stranger: FleetCopy) -> None:
    app(stranger, "one", image="registry.test/web")
    assert described(stranger)["notes"] == [
        "one: registry.test/web is left out: it has no tag, and a release names one"
    ]


def test_an_overlay_that_cannot_be_rendered_is_an_environment_all_the_same(
    stranger: FleetCopy,
) -> None:
    app(stranger, "good")
    over(stranger, "bad", "https://example.test/base")
    stranger.write("ugly/kustomization.yaml", "resources: [\n")
    done = stranger.run("init")
    assert done.code == 0
    assert "bad cannot be rendered: bad/kustomization.yaml:1: " in done.out
    assert "ugly cannot be rendered: ugly/kustomization.yaml:2: " in done.out
    assert stranger.run("validate").code == 1


def test_what_nobody_has_described_is_validated_all_the_same(stranger: FleetCopy) -> None:
    app(stranger, "base")
    over(stranger, "overlays/dev", "../../base")
    before = stranger.snapshot()
    assert stranger.run("validate").out == "dev: 1 manifest, ok\n"
    stranger.edit("base/web.yaml", "limits:", "limitz:")
    stranger.write("ugly/kustomization.yaml", "resources: [\n")
    findings = stranger.run("validate", "--output", "json").findings
    assert [one[:2] for one in findings] == [
        ("unrenderable", "ugly/kustomization.yaml"),
        ("schema", "base/web.yaml"),
    ]
    assert before.keys() == stranger.snapshot().keys() - {"ugly", "ugly/kustomization.yaml"}


def test_what_is_described_is_not_described_again(fleet: FleetCopy) -> None:
    assert "fleetops.yaml: is there already" in fleet.refused("init")


def test_a_repository_without_overlays_is_left_alone(stranger: FleetCopy) -> None:
    assert "there is no kustomization in" in stranger.refused("init", code=2)


def test_a_folder_that_holds_something_else_is_no_catalogue(stranger: FleetCopy) -> None:
    app(stranger, "one")
    stranger.write("releases/helm.txt", "")
    assert described(stranger)["catalogue"] == "fleet-releases"


def test_what_runs_is_captured_as_a_release(fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    done = fleet.run("capture", "now", "--env", "aws")
    assert done.code == 0, done.err
    assert "wrote releases/now.yaml, which is what aws runs" in done.out
    after = fleet.snapshot()
    assert after.keys() - before.keys() == {"releases/now.yaml"}
    assert before.items() <= after.items()
    # Under the services that the catalogue knows the images by.
    assert "  position-tracker:\n" in fleet.read("releases/now.yaml")
    assert fleet.run("promote", "now", "--env", "aws").out.startswith("aws runs now already")
    again = fleet.json("capture", "later", "--env", "aws").data["notes"]
    assert again == [
        "now has the same images: nothing tells the two apart where they run",
    ]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("release1", 1, "there is a release release1 already"),
        ("../x", 2, "cannot be the name of a release"),
        ("-x", 2, ""),
    ],
)
def test_a_capture_takes_the_place_of_nothing(
    fleet: FleetCopy, name: str, code: int, said: str
) -> None:
    assert said in fleet.refused("capture", "--env", "aws", "--", name, code=code)


def test_a_capture_makes_nothing_outside(fleet: FleetCopy) -> None:
    fleet.edit("fleetops.yaml", "catalogue: releases", "catalogue: ../outside/deep")
    fleet.refused("capture", "now", "--env", "aws")
    assert not (fleet.root.parent / "outside").exists()


def test_a_name_that_is_no_text_is_refused(stranger: FleetCopy) -> None:
    app(stranger, "one")
    odd = os.fsdecode(b"\xff.yaml")
    (stranger.root / "one/web.yaml").rename(stranger.root / "one" / odd)
    (stranger.root / "one/web.yaml").symlink_to(odd)
    done = stranger.run("validate")
    assert done.code == 1
    assert "which is no readable name" in done.out
