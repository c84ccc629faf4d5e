"""How long fleetops takes beside the programs it stands on: ratios, measured in one run.

Whole processes of what a user installs, on this repository's fleet with warm caches. The commands
of a row take turns, so that whatever else the machine does meets both, and the medians are
compared.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from fleets import new_cache
from installed import install
from processes import REPOSITORY, TEMPLATE, environment

from fleetops.programs import KUBECONFORM, KUSTOMIZE, ensure
from fleetops.schema import DATA

ROUNDS = 10
VERSIONS = {"queue": "release2", "position-simulator": "release2", "position-tracker": "release3"}
IMAGES = " ".join(
    f"richardchesterwood/k8s-fleetman-{service}=richardchesterwood/k8s-fleetman-{service}:{tag}"
    for service, tag in VERSIONS.items()
)
TRACKER = "base/position-tracker/deployment.yaml"
COMMIT = (
    "git init --quiet --initial-branch=main",
    "git add --all",
    "git config user.name a",
    "git config user.email a@example.com",
    "git commit --quiet --message fleet",
    "git clone --quiet --bare . ../remote.git",
    "git remote add origin ../remote.git",
)
# The next round begins where this one did.
UNCOMMIT = "git reset --quiet --soft HEAD^ && git restore --staged --worktree overlays"
UNPUSH = "git --git-dir ../remote.git update-ref refs/heads/main $(git rev-parse HEAD)"


class Row(NamedTuple):
    """A promise: ours takes at most `asked` times as long as theirs."""

    name: str
    ours: str
    theirs: str
    asked: float


def rows(fleetops: Path) -> list[Row]:
    """Write the commands; both sides use the same programs and schemas."""
    kustomize = ensure(KUSTOMIZE, REPOSITORY, print)
    kubeconform = ensure(KUBECONFORM, REPOSITORY, print)
    check = f"{kubeconform} -strict -schema-location '{DATA}/kubernetes/1.37/{TEMPLATE}'"
    by_hand = (
        f"(cd overlays/aws; {kustomize} edit set image {IMAGES});"
        f" {kustomize} build overlays/aws | {check}"
    )
    return [
        Row(
            "validate both overlays",
            f"rm -rf $XDG_CACHE_HOME/fleetops/validations; {fleetops} validate",
            f"for o in overlays/*/; do {kustomize} build $o | {check}; done",
            1.8,
        ),
        Row(
            "promote --dry-run",
            f"{fleetops} promote release3 --env aws --dry-run",
            by_hand,
            2.5,
        ),
        Row(
            "diff of a base",
            f"{fleetops} diff",
            f"for o in overlays/*/ ../before/overlays/*/; do {kustomize} build $o; done",
            1.3,
        ),
        Row(
            "promote --commit",
            f"{fleetops} promote release3 --env aws --commit && {UNCOMMIT}",
            f"{by_hand} && git commit --quiet --message x overlays && {UNCOMMIT}",
            2.5,
        ),
        Row(
            "promote --push",
            f"{fleetops} promote release3 --env aws --push && {UNPUSH}",
            f"{by_hand} && git commit --quiet --message x overlays"
            f" && git push --quiet origin main && {UNCOMMIT} && {UNPUSH}",
            2.5,
        ),
        # As the shell's function asks; what is offered is looked at too.
        Row(
            "complete a release",
            "_ARGCOMPLETE=1 _ARGCOMPLETE_IFS=$'\\013' _ARGCOMPLETE_SUPPRESS_SPACE=1"
            " COMP_LINE='fleetops promote rel' COMP_POINT=20"
            f" {fleetops} 8>&1 9>&2 | grep --quiet release3",
            f"{sys.executable} -c 'import typer'",
            1.5,
        ),
        Row("--version", f"{fleetops} --version", f"{sys.executable} -c 'import typer'", 1.5),
    ]


def seconds(command: str, folder: Path) -> float:
    """Time one run of a command."""
    start = time.perf_counter()
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment(folder.parent / "cache"),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def prepare(folder: Path) -> None:
    """Copy the fleet."""
    for name in ("base", "overlays", "releases"):
        shutil.copytree(REPOSITORY / name, folder / name)
    shutil.copy(REPOSITORY / "fleetops.yaml", folder)


def main() -> int:
    """Print the table; exit code 1 if a ratio is not reached."""
    missed = 0
    print(f"{'':24}{'fleetops':>12}{'others':>12}{'ratio':>8}{'asked':>8}")
    with tempfile.TemporaryDirectory() as scratch:
        before, fleet, theirs_at = (Path(scratch) / name for name in ("before", "fleet", "theirs"))
        new_cache(Path(scratch) / "cache", REPOSITORY)
        fleetops = install(Path(scratch) / "installed")
        prepare(before)
        shutil.copytree(before, fleet)
        for command in COMMIT:
            seconds(command, fleet)
        tracker = fleet / TRACKER
        tracker.write_text(tracker.read_text().replace("replicas: 1", "replicas: 2"))
        shutil.copytree(fleet, theirs_at)
        for row in rows(fleetops):
            seconds(row.ours, fleet), seconds(row.theirs, theirs_at)
            pairs = [
                (seconds(row.ours, fleet), seconds(row.theirs, theirs_at)) for _ in range(ROUNDS)
            ]
            ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
            ratio = ours / theirs
            missed += ratio > row.asked
            print(
                f"{row.name:24}{ours * 1000:9.0f} ms{theirs * 1000:9.0f} ms"
                f"{ratio:8.2f}{row.asked:8.2f}"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
