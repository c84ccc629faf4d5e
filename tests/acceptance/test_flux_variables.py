"""What Flux fills in is filled in before anything is checked, compared or remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec:
  interval: 10m
  path: ./overlays/one
  prune: true
  sourceRef: {kind: GitRepository, name: shop}
  postBuild:
    substitute:
      replicas: "2"
"""
TOP = "overlays/one/kustomization.yaml"
WEB = "overlays/one/web.yaml"


@pytest.fixture
def fleet(small: SmallFleet) -> SmallFleet:
    """Give a fleet with a variable, and what fills it in."""
    small.write("sync.yaml", SYNC)
    small.edit("fleetops.yaml", '["1.37"]', '["1.37"]\n    flux: sync.yaml')
    small.edit(TOP, "  - objects.yaml\n", "")
    small.edit(WEB, "spec:\n  selector:\n", "spec:\n  replicas: ${replicas}\n  selector:\n")
    small.commit()
    return small


def test_what_is_checked_is_what_flux_would_apply(fleet: SmallFleet) -> None:
    assert fleet.json("validate").findings == []
    fleet.edit("sync.yaml", '"2"', '"two"')
    assert fleet.json("validate").findings == [("schema", WEB, fleet.line(WEB, "replicas"))]
    fleet.edit("sync.yaml", "replicas: ", "other: ")
    line = fleet.line("sync.yaml", "postBuild")
    assert fleet.json("validate").findings == [("unrenderable", "sync.yaml", line)]
    fleet.edit("fleetops.yaml", "    flux: sync.yaml\n", "")
    found = fleet.json("validate").findings
    assert ("unsubstituted-variable", WEB, fleet.line(WEB, "replicas")) in found


def test_where_a_link_to_the_variables_leads_is_heeded(fleet: SmallFleet) -> None:
    fleet.write("others/sync.yaml", SYNC.replace('"2"', '"two"'))
    (fleet.root / "sync.yaml").rename(fleet.root / "first.yaml")
    (fleet.root / "sync.yaml").symlink_to("first.yaml")
    fleet.commit()
    assert fleet.json("validate").findings == []
    (fleet.root / "sync.yaml").unlink()
    (fleet.root / "sync.yaml").symlink_to("others/sync.yaml")
    for words in ((), ("--from", "HEAD")):
        found = {check for check, _, _ in fleet.json("validate", *words).findings}
        assert "schema" in found
    assert "replicas" in fleet.run("diff").out


def test_a_change_of_a_variable_is_a_change_of_the_render(fleet: SmallFleet) -> None:
    fleet.edit("sync.yaml", '"2"', '"0"')
    assert "scaled-to-zero" in fleet.run("diff").out
    assert "safeguard-loosened" not in fleet.run("validate", "--from", "HEAD").out
    fleet.edit("fleetops.yaml", "    flux: sync.yaml\n", "")
    assert "safeguard-loosened" in fleet.run("validate", "--from", "HEAD").out


def test_a_release_is_promoted_beside_variables(fleet: SmallFleet) -> None:
    done = fleet.json("promote", "v2", "--env", "one")
    assert done.code == 0
    assert "newTag: v2" in fleet.read(TOP)
    assert fleet.json("validate").findings == []
