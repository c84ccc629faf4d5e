"""What runs where, which programs are there, and the schemas of what is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest

from clusterhome import linked_programs
from fleetcopy import programs_on_path
from fleetops.api.schemas import KINDS
from fleetops.goyaml import read

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

LOCAL = "overlays/local/kustomization.yaml"
IMAGES = "richardchesterwood/k8s-fleetman-"


def test_the_matrix_of_environments_and_services(fleet: FleetCopy) -> None:
    done = fleet.run("status")
    assert (done.code, done.err) == (0, "")
    assert [line.split() for line in done.out.splitlines()] == [
        ["environment", "release", "queue", "position-simulator", "position-tracker", "mongodb"],
        ["local", "release3", "release2", "release2", "release3", "3.6.5-jessie"],
        ["aws", "release2", "release2", "release2", "release2", "3.6.5-jessie"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "off"),
    [
        (
            "simulator\n    newTag: release2",
            "simulator\n    newTag: release1",
            ["position-simulator:release1 is in release1", "no release runs as a whole"],
        ),
        (
            "simulator\n    newTag: release2",
            "simulator\n    newTag: release9",
            ["position-simulator:release9 is in no release", "no release runs as a whole"],
        ),
        (
            "    newTag: 3.6.5-jessie",
            "    newName: example.com/mongo\n    newTag: 3.6.5-jessie",
            [],
        ),
    ],
)
def test_what_is_off_is_said(old: str, new: str, off: list[str], fleet: FleetCopy) -> None:
    fleet.edit(LOCAL, old, new)
    local = fleet.json("status").data["environments"][0]
    assert set(off) <= set(local["off"])
    assert (local["release"] is None) == bool(off)
    text = fleet.run("status").out
    assert all(f"local: {line}\n" in text for line in off)


def test_a_service_that_runs_in_two_versions(fleet: FleetCopy) -> None:
    fleet.edit("overlays/local/patches/mongodb.yaml", "image: mongo\n", f"image: {IMAGES}queue\n")
    fleet.append(
        LOCAL,
        f"""replacements:
  - sourceValue: {IMAGES}queue:release1
    targets:
      - select: {{kind: Deployment, name: mongodb}}
        fieldPaths: [spec.template.spec.initContainers.0.image]
""",
    )
    local = fleet.json("status").data["environments"][0]
    assert local["services"][0]["versions"] == [":release1", ":release2"]
    assert "queue runs 2 versions: :release1, :release2" in local["off"]


def test_what_a_validation_has_rendered_is_not_rendered_again(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    log, cache = tmp_path / "log", tmp_path / "cache"
    linked_programs(cache)
    script = f'echo "$PWD $*" >> {log}; exec $REAL "$@"'
    environment = programs_on_path(tmp_path, kustomize=script) | {"XDG_CACHE_HOME": str(cache)}
    first = fleet.run("status", **environment).out
    assert fleet.run("report", **environment).code == 0
    # For the first status, and for the report.
    assert len(log.read_text().splitlines()) == 4
    log.unlink()
    assert fleet.run("status", **environment).out == first
    assert fleet.run("releases", **environment).code == 0
    assert not log.exists()
    fleet.edit(LOCAL, "simulator\n    newTag: release2", "simulator\n    newTag: release1")
    changed = fleet.run("status", **environment).out
    assert changed != first
    assert len(log.read_text().splitlines()) == 1


def test_the_releases_and_where_they_run(fleet: FleetCopy) -> None:
    fleet.write(
        "releases/release10.yaml",
        fleet.read("releases/release3.yaml").replace("release3", "release10"),
    )
    releases = fleet.json("releases").data["releases"]
    assert [(one["release"], one["environments"]) for one in releases] == [
        ("release1", []),
        ("release2", ["aws"]),
        ("release3", ["local"]),
        ("release10", []),
    ]
    assert releases[2]["images"]["position-tracker"] == f"{IMAGES}position-tracker:release3"
    lines = fleet.run("releases").out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["release1", "-"], ["release2", "aws"]]


def test_what_cannot_be_rendered_hides_no_release(fleet: FleetCopy) -> None:
    fleet.edit(LOCAL, "persistentvolume.yaml", "absent.yaml")
    done = fleet.json("releases")
    assert [one["environments"] for one in done.data["releases"]] == [[], ["aws"], []]
    (note,) = done.data["notes"]
    assert note.startswith(f"local cannot be rendered: {LOCAL}:")
    assert fleet.run("releases").out.splitlines()[-1] == note


def test_the_doctor_finds_the_programs_on_path(fleet: FleetCopy, tmp_path: Path) -> None:
    # Go leaves a process behind that writes into its home after it has ended.
    environment = {**programs_on_path(tmp_path), "TMPDIR": str(tmp_path)}
    done = fleet.json("doctor", **environment)
    assert done.code == (0 if done.data["ok"] else 3)
    found = {one["name"]: one for one in done.data["programs"]}
    for name in ("kustomize", "kubeconform"):
        assert found[name]["path"] == str(tmp_path / "bin" / name)
        assert (found[name]["origin"], found[name]["fix"]) == ("PATH", None)
    assert {"python", "git", "go"} < found.keys()


def test_the_doctor_says_what_puts_it_right(fleet: FleetCopy, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    where = {"PATH": str(tmp_path / "empty"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = fleet.run("doctor", **where)
    assert done.code == 3
    assert "kustomize >=" in done.out
    assert "is needed: fleetops tools install\n" in done.out


@pytest.mark.parametrize("name", KINDS)
def test_every_schema_is_one(name: str, fleet: FleetCopy) -> None:
    done = fleet.run("schema", name)
    assert (done.code, done.err) == (0, "")
    jsonschema.Draft202012Validator.check_schema(done.data)


@pytest.mark.parametrize(
    ("name", "file"),
    [("config", "fleetops.yaml"), *(("release", f"releases/release{n}.yaml") for n in (1, 2, 3))],
)
def test_the_fleet_matches_the_published_schemas(name: str, file: str, fleet: FleetCopy) -> None:
    (document,) = read(fleet.read(file), file)
    jsonschema.validate(document.value, fleet.run("schema", name).data)
