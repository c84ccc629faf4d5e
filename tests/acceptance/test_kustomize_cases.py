"""Kustomize as people write it: rendered, promoted, or refused where it stands; case by case.

A case is a folder with an `overlay`. Its `expected.yaml` says what is found of it (`finds`), and
which images it runs after a promotion (`runs`) or why there is none (`refused`).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec import Struct

from fleetops import goyaml
from fleetops.api import validate as api
from fleetops.api.bench import bench
from fleetops.api.fleet import fleet_in
from fleetops.api.promote import Request, promote
from fleetops.api.propose import Wish
from fleetops.errors import FleetopsError, InputError, Place
from fleetops.files import Repository
from fleetops.kustomization import read_closure
from fleetops.manifests import images
from fleetops.programs import KUSTOMIZE, ensure

if TYPE_CHECKING:
    from fleetops.api.fleet import Fleet
    from fleetops.api.results.validation import Validation

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("programs")]

CASES = Path(__file__).parent.parent / "cases" / "kustomize"
IMAGES = (
    "newTag: 1.10", "newTag: 1", "newTag: 012", "newTag: 0x1f", "newTag: 1e3", "newTag: true",
    "newTag: yes", "newTag: [a]", "newTag: {}", "newTag: '1.10'", "newTag: 2026-01-01",
    "newTag: 1:30", "newTag: 1.2.3", "newTag: null", "newTag:", "newName: 5", "digest: 0",
    "digest: ~", "tagSuffix: 1", "tagSuffix: -a", "newtags: a", "tag: null",
)  # fmt: skip
"""What stands in an entry of `images` beside its name."""
NAMES = sorted(path.parent.name for path in CASES.glob("*/expected.yaml"))


class Expected(Struct, forbid_unknown_fields=True):
    """What has to come of a case."""

    finds: list[str] = []
    """Check and place of each finding."""
    release: str = "v2"
    """What is promoted."""
    runs: list[str] = []
    refused: str = ""
    """The place, and how the words of the refusal begin."""


def expected(name: str) -> Expected:
    (document,) = goyaml.read((CASES / name / "expected.yaml").read_text(), name)
    return msgspec.convert(document.value, Expected)


def copied(folder: Path, *names: str) -> Fleet:
    for part in ("releases", *names):
        shutil.copytree(CASES / part, folder / part)
    environments = [
        {"name": name, "overlay": f"{name}/overlay", "kubernetes": ["1.37"]} for name in names
    ]
    config = {"version": 1, "environments": environments}
    (folder / "fleetops.yaml").write_bytes(msgspec.json.encode(config))
    return fleet_in(folder)


@pytest.fixture(scope="module")
def validation(tmp_path_factory: pytest.TempPathFactory) -> Validation:
    """Validate every case, as one environment among many."""
    fleet = copied(tmp_path_factory.mktemp("cases"), *NAMES)
    return api.validate(fleet, api.Request(), print)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_of_a_case_is(name: str, validation: Validation) -> None:
    found = [one for one in validation.findings if one.environment == name]
    place = [f"{one.file}:{one.line}" if one.line else str(one.file) for one in found]
    said = [
        f"{one.check} {where.removeprefix(f'{name}/')}"
        for one, where in zip(found, place, strict=True)
    ]
    assert said == expected(name).finds, found


def run_by(fleet: Fleet, name: str) -> list[str]:
    with bench(fleet, print) as place:
        (render,) = place.survey([fleet.config.environment(name)])
    assert not isinstance(render, InputError)
    return [reference for one in render.manifests for _, reference in images(one.value)]


def refusal(fleet: Fleet, wish: Wish) -> str:
    try:
        promote(fleet, Request(wish), print)
    except FleetopsError as error:
        return error.summary
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_what_becomes_of_a_case_with_a_promotion_is(name: str, tmp_path: Path) -> None:
    wanted = expected(name)
    assert bool(wanted.runs) != bool(wanted.refused)
    fleet = copied(tmp_path, name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    said = refusal(fleet, Wish(wanted.release, (name,), force_order=True))
    if wanted.refused:
        assert said.removeprefix(f"{name}/").startswith(wanted.refused), said
        assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.yaml")}
    else:
        assert said == ""
        assert run_by(fleet, name) == wanted.runs


@pytest.mark.parametrize("written", IMAGES)
def test_an_image_is_refused_at_its_line_just_where_kustomize_refuses_it(
    written: str, tmp_path: Path
) -> None:
    overlay = tmp_path / "overlay"
    shutil.copytree(CASES / "unquoted-tag/base", overlay)
    with (overlay / "kustomization.yaml").open("a") as file:
        file.write(f"images:\n  - name: example.test/web\n    {written}\n")
    program = ensure(KUSTOMIZE, tmp_path, print)
    done = subprocess.run([program, "build", overlay], capture_output=True, check=False)
    place = None
    try:
        read_closure(Repository.at(tmp_path), "overlay")
    except InputError as error:
        place = error.place
    lines = len((overlay / "kustomization.yaml").read_text().splitlines())
    refused = Place("overlay/kustomization.yaml", lines)
    assert place == (refused if done.returncode else None), done.stderr
