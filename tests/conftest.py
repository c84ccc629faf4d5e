"""What every test can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetcopy import FleetCopy

if TYPE_CHECKING:
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what is rendered now to tests/golden, to be read in the diff",
    )


@pytest.fixture
def fleet(tmp_path: Path) -> FleetCopy:
    """Give a copy of the fleet."""
    return FleetCopy.make(tmp_path)
