"""What is in danger is refused, unless it is said to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetcopy import programs_on_path

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy

FROZEN = "overlay: overlays/local\n    gates: {{freeze: [{0}]}}\n"
pytestmark = pytest.mark.acceptance

TRACKER = "base/position-tracker/deployment.yaml"
CLAIM = "base/mongodb/persistentvolumeclaim.yaml"
LOCAL = "overlays/local/kustomization.yaml"
PROMOTE = ("promote", "older", "--env", "local")
REASON = "restored from the backup of today"


@pytest.fixture
def committed(fleet: FleetCopy) -> FleetCopy:
    fleet.commit()
    return fleet


@pytest.fixture
def older(fleet: FleetCopy) -> FleetCopy:
    """Give a fleet with a release whose database is older than what runs."""
    text = fleet.read("releases/release3.yaml")
    text = text.replace("release: release3", "release: older").replace("3.6.5-jessie", "3.4.2")
    fleet.write("releases/older.yaml", text)
    return fleet


def test_a_promotion_that_is_in_danger_is_refused(older: FleetCopy) -> None:
    said = older.refused(*PROMOTE)
    line = older.line(LOCAL, "3.6.5-jessie")
    assert f"{LOCAL}:{line}: error: [database-downgraded] local: goes from 3.6.5 back to" in said
    assert "--accept ID --because" in said
    assert set(older.json(*PROMOTE).findings) == {("database-downgraded", LOCAL, line)}


def test_a_danger_that_is_meant_is_accepted_with_its_reason(older: FleetCopy) -> None:
    words = ("--accept", "database-downgraded", "--because", f"{REASON}\n")
    done = older.json(*PROMOTE, *words, "--dry-run")
    (accepted,) = done.data["accepted"]
    assert (accepted["rule"], accepted["because"]) == ("database-downgraded", REASON)
    # The container, and the one that prepares its folder.
    holders = {one["path"].split(".")[3] for one in accepted["dangers"]}
    assert holders == {"containers", "initContainers"}
    assert done.data["findings"] == []
    done = older.run(*PROMOTE, *words)
    assert done.code == 0
    assert f"accepted database-downgraded: {REASON}\n" in done.out
    assert "newTag: 3.4.2" in older.read(LOCAL)


def test_only_the_rule_that_is_named_is_accepted(older: FleetCopy) -> None:
    words = ("--accept", "claim-removed", "--because", "nobody needs it any more")
    assert "[database-downgraded]" in older.refused(*PROMOTE, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--accept", "database-downgraded"), "each --accept has its --because"),
        (("--because", "why"), "each --accept has its --because"),
        (("--accept", "database-downgraded", "--because", " "), "each --accept has its --because"),
        (("--accept", "database-downgrade", "--because", "why"), "mean database-downgraded?"),
    ],
)
def test_an_acceptance_is_a_rule_and_a_reason(
    words: tuple[str, ...], said: str, older: FleetCopy
) -> None:
    assert said in older.refused(*PROMOTE, *words, code=2)


def test_a_promotion_in_no_danger_has_nothing_to_accept(fleet: FleetCopy) -> None:
    words = ("--accept", "database-downgraded", "--because", REASON)
    done = fleet.run("promote", "release3", "--env", "aws", *words, "--output", "json")
    assert (done.code, done.data["accepted"]) == (0, [])
    said = "--accept database-downgraded was not needed: nothing here is in that danger\n"
    assert done.err == said


def test_the_gate_renders_nothing_that_a_promotion_does_not_render_anyway(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    script = f'echo "$PWD" >> {log}; exec $REAL "$@"'
    environment = programs_on_path(tmp_path, kustomize=script)
    assert fleet.run("promote", "release3", "--env", "aws", **environment).code == 0
    # As it was, as it is to be, and the environment before.
    assert len(log.read_text().splitlines()) == 3


def test_a_change_of_other_environments_is_not_said_to_reach_none(committed: FleetCopy) -> None:
    committed.edit("overlays/local/kustomization.yaml", "jessie", "stretch")
    said = "the change does not reach aws: ok\n"
    for words in (("--env", "aws"), ("--env", "aws", "--shard", "1/1")):
        done = committed.run("validate", "--from", "HEAD", *words)
        assert (done.code, done.out.removeprefix("shard 1 of 1: ")) == (0, said)


def test_a_validation_from_a_revision_says_what_is_in_danger(committed: FleetCopy) -> None:
    done = committed.run("validate", "--from", "HEAD")
    assert (done.code, done.out) == (0, "the change reaches none of local, aws: ok\n")
    committed.edit(TRACKER, "replicas: 1", "replicas: 0")
    committed.edit(TRACKER, "memory: 512Mi", "memory: 448Mi")
    line = committed.line(TRACKER, "replicas: 0")
    assert committed.run("validate").code == 0
    done = committed.json("validate", "--from", "HEAD", "--env", "aws")
    assert done.code == 1
    assert ("scaled-to-zero", TRACKER, line) in done.findings
    severities = {one["check"]: one["severity"] for one in done.data["findings"]}
    assert severities == {
        "scaled-to-zero": "error",
        "endpoints-gone": "error",
        "resources-lowered": "warning",
    }


def test_the_data_of_an_environment_that_left_is_not_forgotten(committed: FleetCopy) -> None:
    config = committed.read("fleetops.yaml")
    committed.write("fleetops.yaml", config.partition("  - name: aws")[0])
    # Its overlay stands as it did, and so does what a controller has applied of it.
    ((check, *_),) = committed.json("validate", "--from", "HEAD").findings
    assert check == "safeguard-loosened"
    (committed.root / "overlays/aws/storageclass.yaml").unlink()
    found = committed.json("validate", "--from", "HEAD").findings
    assert ("claim-removed", CLAIM, 1) in found
    assert committed.json("validate", "--from", "HEAD", "--env", "local").findings == []


def test_a_revision_that_cannot_be_rendered_is_said(committed: FleetCopy) -> None:
    committed.edit(LOCAL, "persistentvolume.yaml", "absent.yaml")
    committed.commit()
    committed.edit(LOCAL, "absent.yaml", "persistentvolume.yaml")
    done = committed.json("validate", "--from", "HEAD")
    assert done.code == 1
    ((check, file, _),) = done.findings
    assert (check, file) == ("danger-unknown", LOCAL)
    assert "as it was it cannot be rendered" in done.data["findings"][0]["message"]
    accepted = ("--accept", "danger-unknown", "--because", "it was never applied")
    assert committed.json("validate", "--from", "HEAD", *accepted).code == 0
    # Whether what runs is another is not known either.
    freeze = "{from: 2020-01-01 00:00, to: 2999-01-01 00:00, zone: UTC, reason: a long time}"
    committed.git("stash", "--quiet")
    committed.edit("fleetops.yaml", "overlay: overlays/local\n", FROZEN.format(freeze))
    committed.commit()
    committed.git("stash", "pop", "--quiet")
    found = committed.json("validate", "--from", "HEAD", *accepted).findings
    assert [check for check, *_ in found] == ["environment-frozen"]


def test_what_is_not_rendered_now_is_only_said_to_be_so(committed: FleetCopy) -> None:
    committed.edit(LOCAL, "persistentvolume.yaml", "absent.yaml")
    found = committed.json("validate", "--from", "HEAD").findings
    assert [check for check, _, _ in found] == ["unrenderable"]


def test_a_revision_that_does_not_exist_is_a_mistake_on_the_command_line(
    committed: FleetCopy,
) -> None:
    assert "there is no commit" in committed.refused("validate", "--from", "nowhere", code=2)
