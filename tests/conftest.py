"""What every test can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetcopy import ROOT, FleetCopy
from fleetops.programs import PROGRAMS, ensure

if TYPE_CHECKING:
    from pathlib import Path


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
def fleet(tmp_path: Path, programs: None) -> FleetCopy:  # noqa: ARG001
    """Give a copy of the fleet."""
    return FleetCopy.make(tmp_path)
