"""A change is judged by what its start says, never by what it says itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smallfleet import SERVICE

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import Done
    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

CONFIG = "fleetops.yaml"
OBJECTS = "overlays/one/objects.yaml"
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
"""
LOST = f"{CONFIG_MAP}---\n{SERVICE}".replace("selector: {app: web}", "selector: {app: lost}")
EXCUSE = """\
exceptions:
  - {check: service-selects-nothing, resource: Service/web, reason: An operator fills it}
"""
WIDGET = f"""\
{CONFIG_MAP}---
apiVersion: example.test/v1
kind: Widget
metadata: {{name: a, namespace: shop}}
spec: {{size: 1}}
"""
SCHEMA = '{"type": "object", "properties": {"spec": {"properties": {"size": {"type": "string"}}}}}'
ACCEPT = ("--accept", "safeguard-loosened", "--because", "said in the meeting")


@pytest.fixture
def fleet(small: SmallFleet) -> SmallFleet:
    """Give a fleet that is committed; its changes stand in the work tree."""
    small.objects(CONFIG_MAP)
    small.commit()
    return small


def checked(fleet: SmallFleet, *words: str) -> Done:
    return fleet.json("validate", "--from", "HEAD", *words)


def test_an_exception_excuses_nothing_in_the_change_that_brings_it(fleet: SmallFleet) -> None:
    fleet.objects(LOST)
    fleet.append(CONFIG, EXCUSE)
    assert fleet.run("validate").code == 0
    done = checked(fleet)
    assert done.code == 1
    line = fleet.line(CONFIG, "Service/web")
    assert set(done.findings) == {
        ("safeguard-loosened", CONFIG, line),
        ("service-selects-nothing", OBJECTS, fleet.line(OBJECTS, "lost")),
    }


def test_somebody_outside_of_the_change_can_accept_it(fleet: SmallFleet) -> None:
    fleet.objects(LOST)
    fleet.append(CONFIG, EXCUSE)
    done = checked(fleet, *ACCEPT)
    assert (done.code, done.data["findings"]) == (0, [])
    (accepted,) = done.data["accepted"]
    assert (accepted["rule"], accepted["because"]) == ("safeguard-loosened", "said in the meeting")
    (danger,) = accepted["dangers"]
    assert (danger["file"], danger["line"]) == (CONFIG, fleet.line(CONFIG, "Service/web"))
    out = fleet.run("validate", "--from", "HEAD", *ACCEPT).out
    assert "fleetops.yaml:7: accepted: [safeguard-loosened] one: excuses Service/web" in out
    assert "accepted safeguard-loosened: said in the meeting\n" in out
    assert out.endswith("one: 4 manifests, ok\n")


def test_what_a_commit_says_is_accepted_is_not(fleet: SmallFleet) -> None:
    fleet.objects(LOST)
    fleet.append(CONFIG, EXCUSE)
    fleet.git("add", "--all")
    trailer = "Accepted: safeguard-loosened because I say so"
    fleet.git("commit", "--quiet", "--message", f"Nothing much\n\n{trailer}")
    done = fleet.json("validate", "--from", "HEAD~1")
    assert (done.code, done.data["accepted"]) == (1, [])
    assert {check for check, _, _ in done.findings} == {
        "safeguard-loosened",
        "service-selects-nothing",
    }


def test_an_exception_of_before_excuses_until_the_change_takes_it_away(fleet: SmallFleet) -> None:
    fleet.objects(LOST)
    fleet.append(CONFIG, EXCUSE)
    fleet.commit()
    assert checked(fleet).findings == []
    fleet.edit(CONFIG, EXCUSE, "")
    done = checked(fleet)
    assert done.code == 1
    severities = {one["check"]: one["severity"] for one in done.data["findings"]}
    assert severities == {"safeguard-changed": "warning", "service-selects-nothing": "error"}


def test_a_danger_that_is_accepted_from_outside_is_no_finding(fleet: SmallFleet) -> None:
    fleet.append("overlays/one/kustomization.yaml", "replicas: [{name: web, count: 0}]\n")
    words = ("--accept", "scaled-to-zero", "--because", "nobody uses it")
    assert checked(fleet).code == 1
    done = checked(fleet, *words)
    assert (done.code, done.data["findings"]) == (0, [])
    assert [one["rule"] for one in done.data["accepted"]] == ["scaled-to-zero"]
    assert "--accept goes with --from" in fleet.refused("validate", *words, code=2)


def test_images_come_from_the_registries_of_before(fleet: SmallFleet) -> None:
    fleet.append(CONFIG, "registries: [example.test]\n")
    fleet.commit()
    fleet.edit(CONFIG, "[example.test]", "[example.test, evil.test]")
    fleet.edit("overlays/one/web.yaml", "image: example.test/web", "image: evil.test/web")
    checks = {check for check, _, _ in checked(fleet).findings}
    assert {"safeguard-loosened", "registry-not-allowed"} <= checks
    # The registry has an acceptance of its own.
    checks = {check for check, _, _ in checked(fleet, *ACCEPT).findings}
    assert "registry-not-allowed" in checks


def test_a_schema_that_the_change_brings_or_alters_judges_nothing(fleet: SmallFleet) -> None:
    path = "schemas/example.test/widget_v1.json"
    fleet.write(path, SCHEMA)
    fleet.append(CONFIG, "schemas: [schemas]\n")
    fleet.objects(WIDGET)
    assert {check for check, _, _ in checked(fleet).findings} == {
        "safeguard-loosened",
        "unknown-kind",
    }
    fleet.commit()
    fleet.write(path, "{}")
    assert fleet.run("validate").code == 0
    done = checked(fleet)
    assert set(done.findings) == {
        ("safeguard-loosened", path, None),
        ("schema", OBJECTS, fleet.line(OBJECTS, "size")),
    }
    assert checked(fleet, *ACCEPT).code == 0
    # Where it lies is no matter, as long as it says the same.
    fleet.write(path, SCHEMA)
    (fleet.root / "schemas").rename(fleet.root / "shapes")
    fleet.edit(CONFIG, "[schemas]", "[shapes]")
    assert [check for check, _, _ in checked(fleet).findings] == ["schema"]


def test_a_minor_that_the_change_leaves_out_is_asked_nevertheless(fleet: SmallFleet) -> None:
    fleet.edit(CONFIG, '["1.37"]', '["1.36"]')
    done = checked(fleet)
    messages = {one["message"]: one["severity"] for one in done.data["findings"]}
    assert messages == {
        "is no longer validated for Kubernetes 1.37": "error",
        "is validated for Kubernetes 1.36 too": "warning",
    }


def test_owners_have_to_be_there_before_the_change(fleet: SmallFleet) -> None:
    fleet.edit(CONFIG, '["1.37"]', '["1.37"]\n    gates: {approvals: codeowners}')
    fleet.write("CODEOWNERS", "/overlays/one/*.yaml @ops\n")
    fleet.commit()
    assert checked(fleet).findings == []
    fleet.write(
        "overlays/one/more/more.yaml",
        CONFIG_MAP.replace("name: a", "name: b"),
    )
    fleet.edit(
        "overlays/one/kustomization.yaml",
        "  - objects.yaml\n",
        "  - objects.yaml\n  - more/more.yaml\n",
    )
    fleet.write("CODEOWNERS", "/overlays/one/ @stranger\n")
    done = checked(fleet)
    assert set(done.findings) == {
        ("safeguard-loosened", "CODEOWNERS", None),
        ("file-without-owner", "overlays/one/more/more.yaml", None),
    }
    assert any("no owner (commit " in one["message"] for one in done.data["findings"])


def test_owners_are_not_read_through_a_link(fleet: SmallFleet) -> None:
    fleet.edit(CONFIG, '["1.37"]', '["1.37"]\n    gates: {approvals: codeowners}')
    fleet.write("CODEOWNERS", "/overlays/ @ops\n")
    fleet.commit()
    (fleet.root / "CODEOWNERS").rename(fleet.root / "owners")
    (fleet.root / "CODEOWNERS").symlink_to("owners")
    assert ("safeguard-loosened", "CODEOWNERS", None) in checked(fleet).findings


def test_a_change_that_brings_fleetops_decides_about_itself_and_it_is_said(
    small: SmallFleet,
) -> None:
    small.write("README.md", "Words.")
    small.git("add", "README.md")
    small.git("commit", "--quiet", "--message=Words")
    small.objects(LOST)
    small.append(CONFIG, EXCUSE)
    done = checked(small)
    assert (done.code, done.findings) == (0, [("safeguard-changed", CONFIG, 1)])


def test_a_change_that_repairs_fleetops_decides_about_itself_once_that_is_accepted(
    fleet: SmallFleet,
) -> None:
    good = fleet.read(CONFIG)
    fleet.write(CONFIG, good.replace("kubernetes", "kubernets"))
    fleet.commit()
    fleet.write(CONFIG, good)
    done = checked(fleet)
    assert done.findings == [("safeguard-loosened", CONFIG, 1)]
    assert "fleetops.yaml:5 cannot be read" in done.data["findings"][0]["message"]
    assert (checked(fleet, *ACCEPT).code, done.code) == (0, 1)
    assert "kubernets" in fleet.refused("diff")


def test_a_change_that_takes_fleetops_away_is_refused(fleet: SmallFleet) -> None:
    above = fleet.root.parent / CONFIG
    (fleet.root / CONFIG).rename(above)
    said = fleet.refused("validate", "--from", "HEAD", code=2)
    assert f"has a {CONFIG}" in said


def test_only_the_environments_that_are_named_are_told_of_what_is_theirs(fleet: SmallFleet) -> None:
    two = "  - {name: two, overlay: overlays/one, kubernetes: ['1.37']}\n"
    fleet.append(CONFIG, two)
    found = checked(fleet, "--env", "one").findings
    assert found == []
    assert checked(fleet).findings == [("safeguard-changed", CONFIG, fleet.line(CONFIG, "two"))]


def test_a_folder_above_that_decided_still_does(fleet: SmallFleet, tmp_path: Path) -> None:
    fleet.write("apps/overlays/one/kustomization.yaml", "resources: [../../../overlays/one]\n")
    fleet.commit()
    fleet.write("apps/fleetops.yaml", fleet.read(CONFIG))
    done = fleet.run("-C", "apps", "validate", "--from", "HEAD")
    assert done.code == 2
    assert "it was fleetops.yaml that decided, and this folder had none" in done.err
    assert list((tmp_path / "tmp").iterdir()) == []
