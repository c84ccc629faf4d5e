"""The tutorial is what happens: its commands are run in their order, and say what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, ROOT

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

PAGE = ROOT / "docs" / "tutorial.md"
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
CHANGING = re.compile(r"\b[0-9a-f]{7,40}\b|\d{4}-\d\d-\d\d( \d\d:\d\d)?")
"""Hashes and dates, the only words that may be others than the page's."""


def played(blocks: list[str], folder: Path, environment: dict[str, str]) -> list[str]:
    """Run the commands of all blocks in one shell, and write the blocks as they come out."""
    script = ["exec 2>&1"]
    for block in blocks:
        for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
            # The shell says the command and runs it, so that one can ask for the code of another.
            script += ["code=$?; cat <<'SAID'", f"$ {command}", "SAID", "(exit $code)", command]
        script.append("printf '\\f'")
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],  # noqa: S607
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.split("\f")[:-1]


@pytest.mark.acceptance
def test_the_tutorial_is_what_happens(
    fleet: FleetCopy, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fleet.git("add", "--all")
    fleet.git("commit", "--quiet", "--author=Grace <grace@example.test>", "--message=The fleet")
    fleet.root.rename(tmp_path / "fleet.git")
    (tmp_path / "user" / "home").mkdir(parents=True)
    (tmp_path / "user" / "home" / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.test\n"
        f'[url "{tmp_path}/"]\n\tinsteadOf = https://github.com/example/\n'
    )
    environment = ENVIRONMENT | {
        "HOME": str(tmp_path / "user" / "home"),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    page = PAGE.read_text()
    outputs = iter(played(CONSOLE.findall(page), tmp_path / "user", environment))
    happened = CONSOLE.sub(lambda _: next(outputs), page)
    if CHANGING.sub("…", happened) != CHANGING.sub("…", page):
        if request.config.getoption("--update-golden"):
            PAGE.write_text(happened)
        page = PAGE.read_text()
    assert CHANGING.sub("…", happened) == CHANGING.sub("…", page)
