"""The workflows as actionlint and zizmor judge them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetops.programs import Command, Completed, Program, clean_environment, ensure, run
from fleetops.programs.versions import Range, Version

pytestmark = pytest.mark.acceptance

Linter = Callable[[list[Path], Path], Completed]

ROOT = Path(__file__).parents[2]
ACTIONLINT = Program(
    name="actionlint",
    version_arguments=("-version",),
    accepted=Range(Version(1, 7, 12), Version(1, 8)),
    folder=ROOT / "tests" / "programs" / "actionlint",
    package="github.com/rhysd/actionlint/cmd/actionlint",
    seconds=20,
)
FAULTY = """\
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""


def actionlint(workflows: list[Path], home: Path) -> Completed:
    """Run it without the linters that it takes from the machine where there are any."""
    path = ensure(ACTIONLINT, ROOT, lambda _: None)
    arguments = (str(path), "-shellcheck=", "-pyflakes=", *map(str, workflows))
    return run(Command(arguments, ROOT, clean_environment(home)))


def zizmor(workflows: list[Path], home: Path) -> Completed:
    path = Path(sys.executable).with_name("zizmor")
    arguments = (str(path), "--offline", "--no-progress", *map(str, workflows))
    return run(Command(arguments, ROOT, clean_environment(home)))


@pytest.mark.parametrize("linter", [actionlint, zizmor])
def test_the_workflows_have_no_findings(linter: Linter, tmp_path: Path) -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    completed = linter(workflows, tmp_path)
    assert completed.returncode == 0, (completed.stdout + completed.stderr).decode()


@pytest.mark.parametrize(
    ("linter", "finding"), [(actionlint, b"potentially untrusted"), (zizmor, b"template-injection")]
)
def test_a_faulty_workflow_is_found(linter: Linter, finding: bytes, tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "faulty.yml"
    file.parent.mkdir(parents=True)
    file.write_text(FAULTY)
    completed = linter([file], tmp_path)
    assert completed.returncode != 0
    assert finding in completed.stdout
