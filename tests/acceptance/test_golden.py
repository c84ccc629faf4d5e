"""What a controller would apply of each release, in each environment, line for line.

After a change that is meant, `pytest tests/acceptance/test_golden.py --update-golden` writes the
renders anew; their diff is then part of what is reviewed.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, ROOT
from fleetops.programs import KUSTOMIZE, ensure

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

GOLDEN = Path(__file__).parent.parent / "golden"
RELEASES = ("release1", "release2", "release3")


def render(fleet: FleetCopy, environment: str) -> str:
    kustomize = ensure(KUSTOMIZE, ROOT, lambda _: None)
    done = subprocess.run(
        [kustomize, "build", f"overlays/{environment}"],
        cwd=fleet.root,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def compare(name: str, text: str, *, update: bool) -> None:
    file = GOLDEN / f"{name}.yaml"
    if update:
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("environment", ["local", "aws"])
@pytest.mark.parametrize("release", RELEASES)
def test_a_promotion_renders_the_release(
    environment: str, release: str, fleet: FleetCopy, pytestconfig: pytest.Config
) -> None:
    done = fleet.run("promote", release, "--env", environment, "--force-order")
    assert done.code == 0, done.err
    update = pytestconfig.getoption("--update-golden")
    compare(f"{environment}-{release}", render(fleet, environment), update=update)
    assert fleet.run("validate").code == 0


def test_the_tracker_can_be_replicated_on_aws_from_release3_on(
    fleet: FleetCopy, pytestconfig: pytest.Config
) -> None:
    assert fleet.run("promote", "release3", "--env", "aws").code == 0
    fleet.append("overlays/aws/kustomization.yaml", "components:\n  - replicated-tracker\n")
    done = fleet.run("validate")
    assert (done.code, done.out) == (0, "local, aws: 40 manifests, ok\n")
    update = pytestconfig.getoption("--update-golden")
    compare("aws-release3-replicated", render(fleet, "aws"), update=update)


def test_every_golden_render_is_of_a_release() -> None:
    names = {f"{environment}-{release}" for environment in ("local", "aws") for release in RELEASES}
    assert {path.stem for path in GOLDEN.iterdir()} == {*names, "aws-release3-replicated"}
