"""fleetops as it is installed: its wheel in an environment with what it requires and nothing else.

What tests and lints need would be looked at by Python at each start as well.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from processes import REPOSITORY

WHEELS = Path(sys.prefix) / "wheels"
"""Those of requirements/run.txt, where make has put them."""


def install(folder: Path) -> Path:
    """Install it in a new environment in the folder, and give the command."""
    folder.mkdir()
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    subprocess.run(build, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = (environment / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    offline = ("--no-index", "--find-links", WHEELS)
    subprocess.run([*pip, "install", *offline, wheel], check=True)
    return environment / "bin/fleetops"
