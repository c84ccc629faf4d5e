"""The hook, installed and run by the real pre-commit, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, ROOT

if TYPE_CHECKING:
    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

AUTHOR = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.test")
CONFIGURATION = """\
repos:
  - repo: {hooks}
    rev: {revision}
    hooks:
      - id: fleetops-validate
"""


def git(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *AUTHOR, *words],  # noqa: S607
        cwd=folder,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def hooks(folder: Path) -> str:
    """Make a repository of what is in this one and not ignored, and give its commit."""
    folder.mkdir()
    parts = ("tools", "README.md", "pyproject.toml", ".pre-commit-hooks.yaml")
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *parts)
    for name in listed.stdout.split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    assert git(folder, "commit", "--quiet", "--message=hooks").returncode == 0
    return git(folder, "rev-parse", "HEAD").stdout.strip()


def test_a_commit_with_a_finding_is_refused_by_the_hook(small: SmallFleet, tmp_path: Path) -> None:
    revision = hooks(tmp_path / "hooks")
    pre_commit = Path(sys.executable).with_name("pre-commit")
    environment = {
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(Path(sys.prefix) / "wheels"),
        "PATH": f"{pre_commit.parent}{os.pathsep}{os.environ['PATH']}",
    }
    small.objects("")
    small.edit("overlays/one/kustomization.yaml", "  - objects.yaml\n", "")
    configuration = CONFIGURATION.format(hooks=tmp_path / "hooks", revision=revision)
    small.write(".pre-commit-config.yaml", configuration)
    subprocess.run(
        [pre_commit, "install"], cwd=small.root, env=ENVIRONMENT | environment, check=True
    )

    def commit() -> subprocess.CompletedProcess[str]:
        git(small.root, "add", "--all")
        return git(small.root, "commit", "--message=a change", **environment)

    done = commit()
    assert done.returncode == 0, done.stderr
    assert "fleetops validate" in done.stderr
    # Only what is staged counts: what a commit would leave out is put aside by pre-commit.
    small.edit("overlays/one/web.yaml", "apps/v1", "apps/v2")
    git(small.root, "add", "--all")
    small.edit("overlays/one/web.yaml", "apps/v2", "apps/v1")
    done = git(small.root, "commit", "--message=a mistake", **environment)
    assert done.returncode == 1
    assert "overlays/one/web.yaml:6: error: [unknown-kind]" in done.stderr
    assert commit().returncode == 1, "nothing is left to commit"
