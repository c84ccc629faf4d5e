"""The workflows and the action as actionlint, zizmor and their schemas judge them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, FLEETOPS
from fleetops import goyaml
from fleetops.programs import Command, Completed, Program, clean_environment, ensure, run
from fleetops.programs.versions import Range, Version

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

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


def schema(actions: list[Path], home: Path) -> Completed:
    path = Path(sys.executable).with_name("check-jsonschema")
    arguments = (str(path), "--builtin-schema=vendor.github-actions", *map(str, actions))
    return run(Command(arguments, ROOT, clean_environment(home)))


@pytest.mark.parametrize("linter", [actionlint, zizmor])
def test_the_workflows_have_no_findings(linter: Linter, tmp_path: Path) -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    completed = linter(workflows, tmp_path)
    assert completed.returncode == 0, (completed.stdout + completed.stderr).decode()


@pytest.mark.parametrize("linter", [actionlint, zizmor])
def test_the_workflows_that_are_shown_have_no_findings(linter: Linter, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pipelines.md").read_text()
    file = tmp_path / ".github" / "workflows" / "shown.yml"
    file.parent.mkdir(parents=True)
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0])
    shards = file.with_name("shards.yml")
    shards.write_text((ROOT / "examples" / "github-shards.yml").read_text())
    completed = linter([file, shards], tmp_path)
    assert completed.returncode == 0, (completed.stdout + completed.stderr).decode()


@pytest.mark.parametrize("linter", [schema, zizmor])
def test_the_action_has_no_findings(linter: Linter, tmp_path: Path) -> None:
    completed = linter([ROOT / "action.yml"], tmp_path)
    assert completed.returncode == 0, (completed.stdout + completed.stderr).decode()


@pytest.mark.parametrize(
    ("linter", "old", "new", "finding"),
    [
        (schema, "using: composite", "using: compost", b"compost"),
        (zizmor, '"$OUTPUT"', "${{ inputs.from }}", b"template-injection"),
    ],
)
def test_a_faulty_action_is_found(
    linter: Linter, old: str, new: str, finding: bytes, tmp_path: Path
) -> None:
    sound = (ROOT / "action.yml").read_text()
    faulty = sound.replace(old, new)
    assert faulty != sound
    (tmp_path / "action.yml").write_text(faulty)
    completed = linter([tmp_path / "action.yml"], tmp_path)
    assert completed.returncode != 0
    assert finding in completed.stdout


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


def test_a_pull_request_is_read_by_the_tool_of_its_base(fleet: FleetCopy) -> None:
    (workflow,) = goyaml.read((ROOT / ".github/workflows/validate.yml").read_text(), "validate.yml")
    tool, data, *_, step = workflow.value["jobs"]["fleet"]["steps"]
    base = "github.event.pull_request.base.sha"
    assert (tool["with"]["path"], tool["with"]["ref"]) == (
        "tool",
        f"${{{{ {base} || github.sha }}}}",
    )
    assert (data["with"]["path"], step["env"]["BASE"]) == ("fleet", f"${{{{ {base} }}}}")
    # What of the pull request's might be run instead is a file that would fail.
    fleet.write("Makefile", "$(error of the pull request)\n")
    fleet.commit()
    fleet.append("fleetops.yaml", "throwaway_contexts: [production]\n")
    workspace = fleet.root.parent
    fleet.root.rename(workspace / "fleet")
    (workspace / "tool/.venv/bin").mkdir(parents=True)
    (workspace / "tool/.venv/bin/fleetops").symlink_to(FLEETOPS)

    def validated(base: str, labels: str) -> tuple[int, str]:
        completed = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]],  # noqa: S607
            cwd=workspace,
            env=ENVIRONMENT | {"BASE": base, "LABELS": labels, "SAID": "a label of ada"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return completed.returncode, completed.stdout

    assert validated("", "") == (0, "local, aws: 39 manifests, ok\n")
    code, said = validated("HEAD", "bug|accept: claim-removed")
    assert (code, "error: [safeguard-loosened] local: a rehearsal may use" in said) == (1, True)
    code, said = validated("HEAD", "accept: claim-removed|bug|accept: safeguard-loosened")
    assert (code, "accepted safeguard-loosened: a label of ada\n" in said) == (0, True)
