"""What a change does to the objects that sync an environment is told, wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smallfleet import SmallFleet

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

FLUX = "clusters/one/sync.yaml"
SOURCE = "clusters/source.yaml"
KUSTOMIZATION = """\
# Of the cluster.
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: one, namespace: flux-system}
spec:
  interval: 10m
  path: ./overlays/one
  prune: true
  sourceRef: {kind: GitRepository, name: fleet}
"""
REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: flux-system}
spec:
  url: https://name:secret@example.test/fleet.git
  ref: {branch: main}
"""
OTHER = """\
  - name: two
    overlay: overlays/two
    kubernetes: ["1.37"]
"""
MATRIX = (
    "{matrix: {generators: [{list: {elements: [{env: one}, {env: two}]}},"
    " {list: {elements: [{of: {them: overlays}}]}}]}}"
)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"


@pytest.fixture
def fleet(small: SmallFleet) -> SmallFleet:
    """Give a fleet that is committed, with what syncs it."""
    small.objects(CONFIG_MAP)
    small.write(FLUX, KUSTOMIZATION)
    small.write(SOURCE, REPOSITORY)
    small.commit()
    return small


def found(fleet: FleetCopy, *words: str) -> list[tuple[str, str | None, int | None]]:
    done = fleet.json("validate", "--from", "HEAD", *words)
    assert {one["environment"] for one in done.data["findings"]} <= {"one"}
    assert done.code == int(any(one["severity"] == "error" for one in done.data["findings"]))
    return list(done.findings)


def test_what_is_suspended_is_said(fleet: SmallFleet) -> None:
    fleet.append(FLUX, "  suspend: true\n")
    assert found(fleet) == [("controller-suspended", FLUX, fleet.line(FLUX, "suspend"))]


def test_what_comes_to_sync_another_folder_is_refused(fleet: SmallFleet) -> None:
    fleet.edit(FLUX, "overlays/one", "overlays/two")
    assert found(fleet) == [("sync-redirected", FLUX, fleet.line(FLUX, "path:"))]
    accepted = ("--accept", "sync-redirected", "--because", "two takes over")
    assert found(fleet, *accepted) == []


def test_what_cannot_be_read_any_more_is_no_removal(fleet: SmallFleet) -> None:
    fleet.edit(FLUX, "prune: true", "prune: true: false")
    done = fleet.json("validate", "--from", "HEAD")
    (danger,) = done.data["findings"]
    assert (danger["check"], danger["file"]) == ("sync-removed", FLUX)
    assert danger["line"] == fleet.line(FLUX, "prune")
    assert danger["message"].startswith("cannot be read any more, and what is in it syncs the")


def test_a_source_that_fetches_from_elsewhere_is_refused_and_not_shown(fleet: SmallFleet) -> None:
    fleet.edit(SOURCE, "example.test", "elsewhere.test")
    assert found(fleet) == [("sync-redirected", SOURCE, fleet.line(SOURCE, "url:"))]
    assert "secret" not in fleet.run("validate", "--from", "HEAD").out
    fleet.edit(SOURCE, "name:secret@elsewhere.test/fleet.git", "elsewhere.test/fleet?token=secret")
    assert "secret" not in fleet.run("validate", "--from", "HEAD").out
    fleet.edit(SOURCE, "?token=secret", "")
    assert "secret" not in fleet.run("validate", "--from", "HEAD").out


@pytest.mark.parametrize("emptied", [False, True], ids=["file", "object"])
def test_what_goes_is_refused_at_the_line_where_it_was(emptied: bool, fleet: SmallFleet) -> None:  # noqa: FBT001
    if emptied:
        fleet.write(FLUX, "# nothing any more\n")
    else:
        (fleet.root / FLUX).unlink()
    assert found(fleet) == [("sync-removed", FLUX, 2)]


def test_what_moves_to_another_file_or_syncs_something_else_is_no_danger(
    fleet: SmallFleet,
) -> None:
    other = KUSTOMIZATION.replace("name: one", "name: other").replace("overlays/one", "apps")
    fleet.write("clusters/other.yaml", other)
    fleet.commit()
    (fleet.root / FLUX).unlink()
    fleet.write("clusters/moved.yaml", KUSTOMIZATION)
    fleet.append("clusters/other.yaml", "  suspend: true\n")
    fleet.edit(SOURCE, "ref:", "interval: 1m\n  ref:")
    assert found(fleet) == []


def test_each_cluster_may_have_an_object_of_that_name(small: SmallFleet) -> None:
    small.objects(CONFIG_MAP)
    small.append("fleetops.yaml", OTHER)
    small.write("overlays/two/kustomization.yaml", "resources: [../one]\n")
    for name in ("one", "two"):
        own = KUSTOMIZATION.replace("overlays/one", f"overlays/{name}")
        small.write(f"clusters/{name}/sync.yaml", own)
        small.write(f"clusters/{name}/source.yaml", REPOSITORY)
    small.commit()
    small.edit("clusters/one/sync.yaml", "overlays/one", "base")
    small.edit("clusters/two/sync.yaml", "10m", "5m")
    small.edit("clusters/two/source.yaml", "branch: main", "branch: next")
    done = small.json("validate", "--from", "HEAD")
    assert [(one["environment"], one["file"]) for one in done.data["findings"]] == [
        ("one", "clusters/one/sync.yaml"),
        ("two", "clusters/two/source.yaml"),
    ]
    (small.root / "clusters/one/source.yaml").unlink()
    done = small.json("validate", "--from", "HEAD", "--env", "one")
    assert {one["check"] for one in done.data["findings"]} == {"sync-redirected", "sync-removed"}


def test_what_argo_cd_takes_instead_of_the_overlay_is_refused(fleet: SmallFleet) -> None:
    override = "overlays/one/.argocd-source-one.yaml"
    fleet.write(override, "kustomize: {images: [example.test/web:v9]}\n")
    assert found(fleet) == [("sync-redirected", override, 1)]


@pytest.mark.parametrize("path", [".sourceignore", "overlays/.sourceignore"])
def test_what_flux_comes_to_leave_out_is_refused(path: str, fleet: SmallFleet) -> None:
    fleet.write("elsewhere/.sourceignore", "*.yaml\n")
    fleet.write(path, "# Nothing yet.\n")
    assert found(fleet) == []
    fleet.write(path, "*.yaml\n")
    assert found(fleet) == [("sync-redirected", path, 1)]
    (fleet.root / FLUX).unlink()
    (fleet.root / SOURCE).unlink()
    fleet.commit()
    fleet.write(path, "# Nobody reads it.\n*\n")
    assert found(fleet) == []


@pytest.mark.parametrize(
    ("generators", "path"),
    [
        ("{git: {directories: [{path: 'overlays/*'}]}}", "{{path}}"),
        ("{git: {directories: [{path: 'overlays/*'}]}}", "overlays/{{.path.basename}}"),
        ("{list: {elements: [{env: one}, {env: two}]}}", "overlays/{{.env}}"),
        (MATRIX, "{{of.them}}/{{env}}"),
    ],
    ids=["folders", "names of folders", "list", "matrix"],
)
def test_a_generator_that_comes_to_leave_an_environment_out_is_refused(
    generators: str, path: str, fleet: SmallFleet
) -> None:
    fleet.write(
        "argocd/all.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
        "metadata: {name: all, namespace: argocd}\nspec:\n"
        f"  generators: [{generators}]\n"
        f"  template:\n    spec: {{source: {{path: '{path}'}}, destination: {{name: here}}}}\n",
    )
    fleet.commit()
    if "git" in generators:
        fleet.edit("argocd/all.yaml", "'overlays/*'}", "'overlays/*'}, {path: other}")
        assert found(fleet) == []
        fleet.edit("argocd/all.yaml", "{path: other}", "{path: overlays/one, exclude: true}")
    else:
        fleet.edit("argocd/all.yaml", "{env: two}", "{env: three}")
        assert found(fleet) == []
        fleet.edit("argocd/all.yaml", "{env: one}, ", "")
    # What else the template says is nothing to that.
    fleet.edit("argocd/all.yaml", "spec: {source", "metadata: {labels: {a: b}}\n    spec: {source")
    assert found(fleet) == [("sync-removed", "argocd/all.yaml", 5)]


def test_what_one_generator_leaves_out_another_may_make(fleet: SmallFleet) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
        "metadata: {name: all, namespace: argocd}\nspec:\n"
        "  generators: [{git: {directories: [{path: 'overlays/*'}]}}]\n"
        "  template:\n    spec: {source: {path: '{{path}}'}, destination: {name: here}}\n"
    )
    apart = (
        "[{path: 'overlays/*'}, {path: overlays/one, exclude: true}]}},"
        " {git: {directories: [{path: overlays/one}]}}]"
    )
    fleet.write("argocd/all.yaml", text)
    fleet.commit()
    fleet.edit("argocd/all.yaml", "[{path: 'overlays/*'}]}}]", apart)
    assert found(fleet) == []
    fleet.commit()
    fleet.edit("argocd/all.yaml", ", {git: {directories: [{path: overlays/one}]}}", "")
    assert found(fleet) == [("sync-removed", "argocd/all.yaml", 5)]


def test_an_application_set_and_templates_are_read_as_far_as_they_are_manifests(
    fleet: SmallFleet,
) -> None:
    application_set = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
        "metadata: {name: all, namespace: argocd}\nspec:\n"
        "  generators: [{git: {directories: [{path: 'overlays/*'}]}}]\n"
        "  template:\n    spec: {source: {path: '{{path}}'}, destination: {name: here}}\n"
    )
    fleet.write("argocd/all.yaml", application_set)
    fleet.write("chart/templates/sync.yaml", f"{{{{ if .Values.on }}}}\n{KUSTOMIZATION}")
    fleet.commit()
    fleet.edit("argocd/all.yaml", "name: here", "name: there")
    fleet.edit("chart/templates/sync.yaml", "overlays/one", "elsewhere")
    assert found(fleet) == [("sync-redirected", "argocd/all.yaml", 7)]


def test_folders_are_named_from_the_top_of_the_git_repository(tmp_path: Path) -> None:
    fleet = SmallFleet.make(tmp_path)
    fleet.objects(CONFIG_MAP)
    below = type(fleet)(fleet.root / "team")
    below.root.mkdir()
    (fleet.root / "tmp").mkdir()
    for name in ("fleetops.yaml", "releases", "overlays"):
        (fleet.root / name).rename(below.root / name)
    below.write(FLUX, KUSTOMIZATION.replace("./overlays", "./team/overlays"))
    fleet.write(".gitignore", "tmp\n")
    below.commit()
    below.append(FLUX, "  suspend: true\n")
    assert found(below) == [("controller-suspended", FLUX, 10)]


def test_an_object_in_an_overlay_is_told_of_once(fleet: SmallFleet) -> None:
    fleet.edit(
        "overlays/one/kustomization.yaml", "  - objects.yaml", "  - objects.yaml\n  - sync.yaml"
    )
    fleet.write("overlays/one/sync.yaml", KUSTOMIZATION)
    (fleet.root / FLUX).unlink()
    fleet.commit()
    fleet.append("overlays/one/sync.yaml", "  suspend: true\n")
    assert [rule for rule, _, _ in found(fleet)] == ["controller-suspended"]
