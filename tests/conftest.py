"""What every test can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusterhome import Home
from fleetcopy import ROOT, FleetCopy
from fleetops.api import cluster as api
from fleetops.api.doctor import install
from fleetops.cluster import kubectl
from fleetops.files import Repository
from fleetops.programs import PROGRAMS, ensure
from pastfleet import PastFleet
from smallfleet import SmallFleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleetops.cluster import Cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what is rendered now to tests/golden, to be read in the diff",
    )


@pytest.fixture(scope="session")
def programs() -> None:
    """Have the programs there, so that no test meets the words of their first build."""
    for program in PROGRAMS:
        ensure(program, ROOT, lambda _: None)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Give a repository with nothing but a file in a folder."""
    folder = tmp_path / "repository" / "folder"
    folder.mkdir(parents=True)
    (folder / "file.yaml").write_bytes(b"old")
    return Repository.at(tmp_path / "repository")


@pytest.fixture
def fleet(tmp_path: Path, programs: None) -> FleetCopy:  # noqa: ARG001
    """Give a copy of the fleet."""
    return FleetCopy.make(tmp_path)


@pytest.fixture
def small(tmp_path: Path, programs: None) -> SmallFleet:  # noqa: ARG001
    """Give a small fleet."""
    return SmallFleet.make(tmp_path)


@pytest.fixture
def past(tmp_path: Path, programs: None) -> PastFleet:  # noqa: ARG001
    """Give a fleet in which v1 runs everywhere, since its first commit."""
    fleet = PastFleet.make(tmp_path)
    fleet.run_in("one", "v1")
    fleet.run_in("two", "v1")
    fleet.record("The fleet")
    return fleet


@pytest.fixture(scope="session")
def cluster_programs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Have the programs of a cluster built before anything is timed."""
    install(tmp_path_factory.mktemp("anywhere"), print, cluster=True)


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
    cluster_programs: None,  # noqa: ARG001
) -> Iterator[Cluster]:
    """Give a cluster of the module's own, which one test after the other uses."""
    home = Home(tmp_path_factory.mktemp("shared"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", home.environment["XDG_CACHE_HOME"])
        with api.throwaway(home.repository, "shared", 120.0, print) as cluster:
            # The last thing that a new cluster makes by itself.
            wait = ("wait", "--for=create", "--timeout=60s", "configmap/kube-root-ca.crt")
            assert kubectl(cluster, *wait, "--namespace=kube-public").returncode == 0
            yield cluster
    home.assert_nothing_left()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Give a user, of whose clusters nothing stays, however a test ends."""
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home")
    yield home
    home.run("down", "--all")
    home.assert_nothing_left()
