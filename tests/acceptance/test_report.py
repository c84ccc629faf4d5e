"""One report says what status, validate and diff say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance


def test_a_report_holds_what_status_validate_and_diff_print(fleet: FleetCopy) -> None:
    fleet.commit()
    fleet.edit("base/mongodb/deployment.yaml", "claimName: mongo-pvc", "claimName: mongo-pcv")
    done = fleet.json("report", "--from", "HEAD")
    assert done.code == 0
    assert done.data["repository"] == "repository"
    assert done.data["commit"] == fleet.git("rev-parse", "HEAD").strip()
    for part, words in (
        ("status", ("status",)),
        ("validation", ("validate", "--from", "HEAD")),
        ("comparison", ("diff",)),
    ):
        assert done.data[part] == fleet.json(*words).data
    page = fleet.run("report", "--from", "HEAD", "--output", "html")
    assert page.code == 0
    for word in ("<!DOCTYPE html>", "claim-absent", "1 release", "in 2 of 2 environments"):
        assert word in page.out


def test_a_report_is_of_the_environments_that_are_named(fleet: FleetCopy) -> None:
    data = fleet.json("report", "--env", "aws", "--env", "aws").data
    assert [one["environment"] for one in data["status"]["environments"]] == ["aws"]
    assert data["validation"]["environments"] == ["aws"]
    assert data["comparison"] is None
    assert data["commit"] is None
    assert "unknown environment" in fleet.refused("report", "--env", "awz", code=2)
    assert "awz" in fleet.refused("report", "--from", "awz", code=2)
