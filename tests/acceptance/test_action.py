"""The action, its scripts run as GitHub's runner runs them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fleetcopy import ENVIRONMENT, ROOT
from fleetops import goyaml

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

(ACTION,) = goyaml.read((ROOT / "action.yml").read_text(), "action.yml")
STEPS: dict[str, Any] = {
    step.get("id") or step["name"]: step for step in ACTION.value["runs"]["steps"]
}
INPUTS = {
    "DIRECTORY": ".",
    "FROM": "",
    "ENVIRONMENTS": "",
    "ACCEPT": "",
    "SHARD": "",
    "MERGE": "",
    "OUTPUT": "text",
}
# Words that would do something if a shell or an option parser took them for its own.
HOSTILE = ("$(touch hit)`touch hit`", "x' \"; touch hit #", "--help")


@dataclass(frozen=True)
class Runner:
    """What a runner gives to a step."""

    temporary: Path

    def run(self, step: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        script = self.temporary / "step.sh"
        script.write_text(STEPS[step]["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],  # noqa: S607
            cwd=folder,
            env=ENVIRONMENT
            | {
                "RUNNER_TEMP": str(self.temporary),
                "GITHUB_ACTION_PATH": str(self.temporary / "action"),
                "GITHUB_OUTPUT": str(self.temporary / "output"),
                "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            }
            | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def validate(self, fleet: FleetCopy, **inputs: str) -> tuple[int, str]:
        return self.use(fleet.root, **inputs)

    def use(self, folder: Path, **inputs: str) -> tuple[int, str]:
        assert INPUTS.keys() == STEPS["validate"]["env"].keys()
        done = self.run("validate", folder, **INPUTS | inputs)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Install fleetops by the action's own script, from its own files, without a network."""
    runner = Runner(tmp_path_factory.mktemp("runner"))
    action = runner.temporary / "action"
    for part in ("tools", "requirements"):
        shutil.copytree(ROOT / part, action / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / part, action)
    wheels = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(Path(sys.prefix) / "wheels")}
    done = runner.run("install", runner.temporary, PYTHON=sys.executable, **wheels)
    assert done.returncode == 0, done.stderr
    outputs = (runner.temporary / "output").read_text()
    assert re.fullmatch(r"programs=[0-9a-f]{64}\n", outputs)
    return runner


def test_no_script_has_an_expression_in_it_and_every_action_is_pinned() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
        assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])


def test_the_inputs_are_those_that_the_script_is_given() -> None:
    given = {re.sub(r"\W|inputs\.", "", value) for value in STEPS["validate"]["env"].values()}
    assert given == set(ACTION.value["inputs"])


def test_the_action_validates_and_annotates(runner: Runner, fleet: FleetCopy) -> None:
    assert runner.validate(fleet) == (0, "local, aws: 39 manifests, ok\n")
    one = runner.validate(fleet, ENVIRONMENTS="local\n", DIRECTORY=str(fleet.root / "base"))
    assert one[0] == 0
    assert one[1].startswith("local: ")
    fleet.edit("base/mongodb/deployment.yaml", "claimName: mongo-pvc", "claimName: mongo-pcv")
    code, said = runner.validate(fleet, OUTPUT="github")
    assert code == 1
    assert said.startswith("::error file=base/mongodb/deployment.yaml,line=77,")
    assert "claim-absent" in (runner.temporary / "summary.md").read_text()


def test_the_jobs_of_the_example_say_together_what_one_would(
    runner: Runner, fleet: FleetCopy, tmp_path: Path
) -> None:
    path = ROOT / "examples" / "github-shards.yml"
    (workflow,) = goyaml.read(path.read_text(), path.name)
    jobs = workflow.value["jobs"]
    numbers = jobs["shard"]["strategy"]["matrix"]["shard"]
    _, validate, upload = jobs["shard"]["steps"]
    download, merge = jobs["fleet"]["steps"]
    fleet.edit("base/mongodb/deployment.yaml", "claimName: mongo-pvc", "claimName: mongo-pcv")
    for number in numbers:
        known = {"matrix.shard": number, "strategy.job-total": len(numbers)}
        assert runner.validate(fleet, **expanded(validate["with"], known)) == (0, "")
        _, _, result = (runner.temporary / "output").read_text().rpartition("\nresult=")
        artifact = expanded(upload["with"], {**known, "steps.fleet.outputs.result": result.strip()})
        folder = tmp_path / "workspace" / download["with"]["path"] / artifact["NAME"]
        folder.mkdir(parents=True)
        shutil.copy(artifact["PATH"], folder)
    words = expanded(merge["with"], {})
    for form in ("github", "sarif"):
        whole = runner.validate(fleet, OUTPUT=form)
        assert whole[0] == 1
        assert runner.use(tmp_path / "workspace", **words, OUTPUT=form) == whole
    shutil.rmtree(folder)
    assert runner.use(tmp_path / "workspace", **words) == (2, "")


def expanded(inputs: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    """Give the inputs of a step as the environment of its script, or of one like it."""

    def value(found: re.Match[str]) -> str:
        return str(known[found[1]])

    return {
        name.upper(): re.sub(r"\$\{\{ (\S+) \}\}", value, str(text))
        for name, text in inputs.items()
    }


def test_what_the_base_says_decides_unless_it_is_accepted_with_a_reason(
    runner: Runner, fleet: FleetCopy
) -> None:
    fleet.commit()
    fleet.append("fleetops.yaml", "throwaway_contexts: [production]\n")
    code, said = runner.validate(fleet, FROM="HEAD")
    assert (code, "[safeguard-loosened]" in said) == (1, True)
    reason = "ada: it is $(id) of mine"
    code, said = runner.validate(fleet, FROM="HEAD", ACCEPT=f"\nsafeguard-loosened: {reason}\n")
    assert (code, f"accepted safeguard-loosened: {reason}\n" in said) == (0, True)
    assert runner.validate(fleet, FROM="HEAD", ACCEPT="safeguard-loosened")[0] == 2


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_an_input_is_a_word_and_nothing_else(runner: Runner, fleet: FleetCopy, name: str) -> None:
    fleet.commit()
    before = fleet.snapshot()
    for word in HOSTILE:
        base = {"FROM": "HEAD"} if name == "ACCEPT" else {}
        code, said = runner.validate(fleet, **base | {name: word})
        assert (code in {1, 2}, said) == (True, ""), (name, word, said)
    assert fleet.snapshot() == before
