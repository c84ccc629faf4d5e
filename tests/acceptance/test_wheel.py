"""What is built to be installed: whole, nothing of the tests in it, and at work far from here."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, ROOT
from fleetops import __version__

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

PACKAGE = "tools/fleetops/"
WHEELS = Path(sys.prefix) / "wheels"
"""Those of requirements/run.txt, where make has put them."""


@dataclass(frozen=True)
class Built:
    """The sdist, and the wheel that was built of nothing but what is in it."""

    sdist: Path
    wheel: Path


def run(*words: str | Path, folder: Path) -> str:
    return subprocess.run(
        list(map(str, words)),
        cwd=folder,
        env=ENVIRONMENT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    ).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    build = (sys.executable, "-m", "hatchling", "build", "--directory", folder)
    run(*build, "--target", "sdist", folder=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    run(*build, "--target", "wheel", folder=source)
    (wheel,) = folder.glob("*.whl")
    return Built(sdist, wheel)


def test_the_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", PACKAGE)
    package = {name.removeprefix("tools/") for name in run(*listed, folder=ROOT).splitlines()}
    assert {
        "fleetops/py.typed",
        "fleetops/programs/kustomize/go.mod",
        "fleetops/programs/kustomize/go.sum",
        "fleetops/schemas/sources.json",
    } <= package
    with zipfile.ZipFile(built.wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        said = archive.read(metadata).decode()
    assert names == package
    assert f"\nVersion: {__version__}\n" in said
    assert "\nRequires-Python: >=3.11\n" in said


def test_the_sdist_holds_nothing_of_the_tests_or_the_fleet(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames()}
    assert tops == {
        ".gitignore",
        "CHANGELOG.md",
        "PKG-INFO",
        "README.md",
        "docs",
        "pyproject.toml",
        "tools",
    }


def test_the_wheel_works_in_an_environment_with_nothing_else(
    built: Built, fleet: FleetCopy, tmp_path: Path
) -> None:
    clean = tmp_path / "clean"
    uv = Path(sys.executable).with_name("uv")
    run(uv, "--quiet", "venv", "--offline", "--python", sys.executable, clean, folder=tmp_path)
    install = (uv, "--quiet", "pip", "install", "--python", clean / "bin/python", "--no-index")
    locked = ("--require-hashes", "--requirements", ROOT / "requirements/run.txt")
    run(*install, "--find-links", WHEELS, *locked, folder=tmp_path)
    run(*install, "--no-deps", built.wheel, folder=tmp_path)
    fleetops = clean / "bin/fleetops"
    assert run(fleetops, "--version", folder=fleet.root) == f"fleetops {__version__}\n"
    said = run(fleetops, "validate", folder=fleet.root)
    assert said == "local, aws: 39 manifests, ok\n"
