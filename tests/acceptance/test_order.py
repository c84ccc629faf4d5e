"""A release passes through the environments that have its services, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pastfleet import FLEETOPS

if TYPE_CHECKING:
    from fleetcopy import Done
    from pastfleet import PastFleet

pytestmark = pytest.mark.acceptance

BETWEEN = """\
  - name: settings
    overlay: overlays/settings
    kubernetes: ["1.37"]
  - name: two
"""
SETTINGS = "configMapGenerator:\n  - name: settings\n    namespace: shop\n    literals: [a=b]\n"
SIDE = "  side: {name: example.test/side, tag: s1}\n"


@pytest.fixture
def apart(past: PastFleet) -> PastFleet:
    """Give a fleet with an environment between the two that runs no service."""
    past.write("fleetops.yaml", FLEETOPS.replace("  - name: two\n", BETWEEN))
    past.write("overlays/settings/kustomization.yaml", SETTINGS)
    past.record()
    return past


def promoted(past: PastFleet, *words: str) -> Done:
    return past.run("promote", "v2", "--env", "two", "--dry-run", *words)


@pytest.mark.parametrize("known", [False, True], ids=["rendered", "remembered"])
def test_an_environment_without_the_services_is_passed_over(known: bool, apart: PastFleet) -> None:  # noqa: FBT001
    def tried(*words: str) -> Done:
        if known:
            apart.run("validate")
        return promoted(apart, *words)

    done = tried()
    assert done.code == 1
    assert "one runs v1, and v2 has to run there first" in done.err
    assert "fleetops promote v2 --env one" in done.err
    apart.run_in("one", "v2")
    assert tried().code == 0
    # What comes into both at once has run in neither before.
    apart.run_in("one", "v1")
    assert tried("--env", "one").code == 0


def test_where_none_before_has_the_services_none_is_asked(apart: PastFleet) -> None:
    apart.write("overlays/one/kustomization.yaml", SETTINGS)
    assert promoted(apart).code == 0


def test_one_that_cannot_be_rendered_is_not_passed_over(apart: PastFleet) -> None:
    apart.write("overlays/settings/kustomization.yaml", "resources: [none.yaml]\n")
    done = promoted(apart)
    assert (done.code, "overlays/settings/kustomization.yaml:1: " in done.err) == (1, True)


def gate(past: PastFleet) -> list[str]:
    """Give what the gates say of a change to v2 since HEAD."""
    past.run_in("two", "v2")
    findings = past.json("validate", "--from", "HEAD", "--env", "two").data["findings"]
    return [one["message"] for one in findings if one["check"] == "release-too-young"]


def test_a_change_asks_the_one_that_a_promotion_asks(apart: PastFleet) -> None:
    apart.append("fleetops.yaml", "    gates: {runs_before: 1d}\n")
    apart.record()
    said = "v2 has to run in one for 1d before; no commit has it there yet"
    assert gate(apart) == [said]
    apart.run_in("two", "v1")
    apart.run_in("one", "v2")
    assert said in promoted(apart).err
    apart.record()
    assert gate(apart) == []


def test_no_change_takes_the_services_out_of_the_one_that_is_asked(past: PastFleet) -> None:
    past.append("fleetops.yaml", "    gates: {runs_before: 1d}\n")
    past.record()
    past.write("overlays/one/kustomization.yaml", SETTINGS)
    assert gate(past) == ["v2 has to run in one for 1d before; no commit has it there yet"]


def test_a_change_of_the_order_passes_nothing_over(apart: PastFleet) -> None:
    apart.append("fleetops.yaml", "    gates: {runs_before: 1d}\n")
    apart.record()
    settings = BETWEEN.removesuffix("  - name: two\n")
    apart.edit("fleetops.yaml", settings, "")
    apart.edit("fleetops.yaml", "environments:\n", f"environments:\n{settings}")
    assert gate(apart) == ["v2 has to run in settings for 1d before; no commit has it there yet"]


def test_the_gate_asks_for_the_services_that_are_there(past: PastFleet) -> None:
    past.append("releases/v2.yaml", SIDE)
    past.append("fleetops.yaml", "    gates: {runs_before: 1d}\n")
    past.run_in("one", "v2")
    past.record()
    side = "        - name: side\n          image: example.test/side:s1\n"
    past.write("overlays/two/web.yaml", past.read("base/web.yaml") + side)
    past.edit("overlays/two/kustomization.yaml", "../../base", "web.yaml")
    assert promoted(past).code == 0
