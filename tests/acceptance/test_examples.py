"""The examples for pipelines: as their own linters judge them, and at work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fleetcopy import ENVIRONMENT, FLEETOPS, ROOT
from fleetops import goyaml

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

BIN = Path(sys.executable).parent
GITLAB = ROOT / "examples" / "gitlab-ci.yml"
GITLAB_SHARDS = ROOT / "examples" / "gitlab-shards.yml"
CONTAINERFILE = ROOT / "Containerfile"


def run(words: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        words,
        cwd=folder,
        env=ENVIRONMENT | {"PATH": path} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def documents(name: str) -> list[Any]:
    return [one.value for one in goyaml.read((ROOT / "examples" / name).read_text(), name)]


def loosened(fleet: FleetCopy) -> str:
    """Change what decides about the change, and give the commit before."""
    fleet.commit()
    fleet.append("fleetops.yaml", "throwaway_contexts: [production]\n")
    return fleet.git("rev-parse", "HEAD").strip()


@pytest.mark.parametrize("path", [GITLAB, GITLAB_SHARDS], ids=lambda path: path.stem)
@pytest.mark.parametrize(("old", "new", "code"), [("", "", 0), ("script:", "scripts:", 1)])
def test_the_job_is_one_for_gitlab(
    path: Path, old: str, new: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "ci.yml").write_text(path.read_text().replace(old, new))
    done = run(
        [str(BIN / "check-jsonschema"), "--builtin-schema=vendor.gitlab-ci", "ci.yml"], tmp_path
    )
    assert done.returncode == code, done.stdout


@pytest.mark.parametrize("base", ["TARGET_BRANCH", "DIFF_BASE"])
def test_the_job_of_gitlab_goes_by_the_base(fleet: FleetCopy, base: str) -> None:
    (job,) = documents("gitlab-ci.yml")
    script = "\n".join(job["fleetops"]["script"])
    words = ["bash", "-e", "-o", "pipefail", "-c", script]
    assert run(words, fleet.root).stdout == "local, aws: 39 manifests, ok\n"
    assert "<testsuites" in fleet.read(job["fleetops"]["artifacts"]["reports"]["junit"])
    variables = {f"CI_MERGE_REQUEST_{base}_SHA": loosened(fleet)}
    done = run(words, fleet.root, **variables)
    assert (done.returncode, "[safeguard-loosened]" in done.stdout) == (1, True)
    assert 'failures="1"' in fleet.read(job["fleetops"]["artifacts"]["reports"]["junit"])


def test_the_jobs_of_gitlab_say_together_what_one_would(fleet: FleetCopy) -> None:
    (file,) = documents(GITLAB_SHARDS.name)
    shard, merge = file["fleetops-shard"], file["fleetops"]
    assert merge["needs"] == ["fleetops-shard"]
    base = loosened(fleet)
    for number in range(1, shard["parallel"] + 1):
        variables = {
            "CI_NODE_INDEX": str(number),
            "CI_NODE_TOTAL": str(shard["parallel"]),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        }
        words = ["bash", "-e", "-o", "pipefail", "-c", "\n".join(shard["script"])]
        done = run(words, fleet.root, **variables)
        assert (done.returncode, done.stdout) == (0, "")
    assert len(list(fleet.root.glob(*shard["artifacts"]["paths"]))) == shard["parallel"]
    words = ["bash", "-e", "-o", "pipefail", "-c", "\n".join(merge["script"])]
    done = run(words, fleet.root)
    assert done.returncode == 1
    assert done.stdout == fleet.run("validate", "--from", base).out
    assert 'failures="1"' in fleet.read(merge["artifacts"]["reports"]["junit"])
    (fleet.root / "shard-2.json").unlink()
    assert run(words, fleet.root).returncode != 0


def test_the_task_of_tekton_goes_by_the_base(fleet: FleetCopy) -> None:
    task, pipeline = documents("tekton.yaml")
    (step,) = task["spec"]["steps"]
    assert "$(" not in step["script"]
    assert step["env"] == [{"name": "BASE", "value": "$(params.base)"}]
    (base,) = task["spec"]["params"]
    clone, validate = pipeline["spec"]["tasks"]
    assert validate["taskRef"]["name"] == task["metadata"]["name"]
    assert validate["params"] == [{"name": base["name"], "value": "$(params.base)"}]
    assert (validate["runAfter"], clone["taskRef"]["name"]) == (["clone"], "git-clone")
    script = fleet.root.parent / "script"
    script.write_text(step["script"])
    script.chmod(0o755)
    assert run([str(script)], fleet.root, BASE="").stdout == "local, aws: 39 manifests, ok\n"
    done = run([str(script)], fleet.root, BASE=loosened(fleet))
    assert (done.returncode, "[safeguard-loosened]" in done.stdout) == (1, True)
    for hostile in ("$(touch hit)", "x; touch hit", "--help"):
        assert run([str(script)], fleet.root, BASE=hostile).returncode == 2
    assert not (fleet.root / "hit").exists()


@pytest.mark.parametrize(
    ("old", "new", "code"), [("", "", 0), ("USER 65532:65532", "USER root", 1)]
)
def test_the_containerfile_has_no_findings(old: str, new: str, code: int) -> None:
    done = subprocess.run(
        [str(BIN / "hadolint"), "--failure-threshold=style", "-"],
        input=CONTAINERFILE.read_text().replace(old, new),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout


def test_the_container_copies_all_that_the_wheel_is_built_of_and_the_programs_that_it_runs(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    recipe = CONTAINERFILE.read_text()
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", recipe, re.MULTILINE)
    assert " ".join(copied).split() == [
        "requirements/run.txt",
        "pyproject.toml",
        "README.md",
        "tools",
    ]
    (install,) = re.findall(r"^RUN (fleetops tools install .*)$", recipe, re.MULTILINE)
    folder = tmp_path / "opt" / "bin"
    folder.mkdir(parents=True)
    done = run(["bash", "-c", install.replace("/opt/fleetops/bin", str(folder))], tmp_path)
    assert done.returncode == 0, done.stdout
    assert {path.name for path in folder.iterdir()} == {"kustomize", "kubeconform"}
    # In the image the cache is empty, and there is no Go.
    path = f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"
    cache = str(tmp_path / "cache")
    done = run([str(FLEETOPS), "validate"], fleet.root, PATH=path, XDG_CACHE_HOME=cache)
    assert done.stdout == "local, aws: 39 manifests, ok\n"
    assert list(Path(cache).glob("**/kustomize*")) == []
