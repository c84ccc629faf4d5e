"""What others take for a part of the work, on the same generated fleets, in one run.

Whole processes. Each does less than fleetops does in its place, and what is said beside it. The
peers are built once into the user's cache, as they are pinned in benchmarks/programs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import fluxlocal
from fleets import SERVICES, commit, new_cache, write_fleet
from processes import FLEETOPS, REPOSITORY, TEMPLATE, bash, cost

from fleetops.programs import KUBECONFORM, KUSTOMIZE, Program, ensure
from fleetops.programs.versions import Range, Version
from fleetops.schema import DATA

if TYPE_CHECKING:
    from processes import Cost

PINS = Path(__file__).parent / "programs"
DYFF = Program(
    name="dyff",
    version_arguments=(),
    accepted=Range(Version(1, 12)),
    folder=PINS / "dyff",
    package="github.com/homeport/dyff/cmd/dyff",
    seconds=10,
)
KUBECTL_VALIDATE = Program(
    name="kubectl-validate",
    version_arguments=(),
    accepted=Range(Version(0, 0, 4)),
    folder=PINS / "kubectl-validate",
    package="sigs.k8s.io/kubectl-validate",
    seconds=120,
)
SIZES = (20, 200)
WIDTH = 40


class Run(NamedTuple):
    """A way to do something."""

    task: str
    name: str
    words: list[str]


def runs(size: int, scratch: Path) -> list[Run]:
    """Write the commands, each for a fleet as it is committed, and that leaves it so."""
    kustomize = ensure(KUSTOMIZE, REPOSITORY, print)
    kubeconform = ensure(KUBECONFORM, REPOSITORY, print)
    dyff = ensure(DYFF, REPOSITORY, print)
    validator = ensure(KUBECTL_VALIDATE, REPOSITORY, print)
    names = [f"service-{number}" for number in range(SERVICES)]
    images = " ".join(f"registry.example/{name}=registry.example/{name}:v2" for name in names)
    edit = f"for o in overlays/*/; do (cd $o; {kustomize} edit set image {images}); done"
    undo = "git checkout --quiet -- overlays"
    check = f"{kubeconform} -strict -schema-location '{DATA}/kubernetes/1.37/{TEMPLATE}'"
    environments = " ".join(f"--env env-{number}" for number in range(size))

    def built(folder: str) -> str:
        build = f"{kustomize} build overlays/% > {folder}/%.yaml"
        return f'mkdir {folder}; ls overlays | xargs -P2 -I% sh -c "{build}"'

    flux_local, path = fluxlocal.install(scratch, kustomize)
    # What its libraries say to its makers is nothing to read here.
    flux = f"PYTHONWARNINGS=ignore PATH={path} {flux_local}"
    between = f"{dyff} between --omit-header before/$o.yaml after/$o.yaml"
    return [
        Run("check", "fleetops validate", [FLEETOPS, "validate"]),
        Run("check", "kustomize, kubeconform", bash(f"{built('out')}; {check} out; rm -r out")),
        Run(
            "check",
            "kustomize, kubectl-validate",
            bash(f"{built('out')}; {validator} --version 1.30 out; rm -r out"),
        ),
        Run("check", "flux-local test", bash(f"{flux} test --path clusters")),
        Run("promote", "fleetops promote", bash(f"{FLEETOPS} promote v2 {environments}; {undo}")),
        Run("promote", "kustomize edit set image", bash(f"{edit}; {undo}")),
        Run("compare", "fleetops diff", bash(f"{edit}; {FLEETOPS} diff; {undo}")),
        Run(
            "compare",
            "kustomize, dyff",
            bash(
                f"{built('before')}; {edit}; {built('after')};"
                f" for o in $(ls overlays); do {between}; done; rm -r before after; {undo}"
            ),
        ),
        Run(
            "compare",
            "flux-local diff",
            bash(
                f"git worktree add --quiet ../before; {edit};"
                f" {flux} diff ks --path clusters --path-orig ../before/clusters --limit-bytes 0;"
                f" {undo}; git worktree remove --force ../before"
            ),
        ),
    ]


def main() -> int:
    """Print the table and the plot."""
    found: list[tuple[int, Run, Cost]] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            fleet, cache = scratch / "fleet", scratch / "cache"
            write_fleet(fleet, size)
            fluxlocal.write_clusters(fleet)
            commit(fleet)
            new_cache(cache, REPOSITORY)
            found += [(size, run, cost(run.words, fleet, cache)) for run in runs(size, scratch)]
    print(f"\n{'environments':14}{'task':9}{'with':30}{'seconds':>8}{'CPU':>8}{'MiB':>6}")
    for size, run, one in found:
        most = max(other.seconds for at, _, other in found if at == size)
        bar = "#" * max(round(one.seconds / most * WIDTH), 1)
        head = f"{size:<14}{run.task:9}{run.name:30}"
        print(f"{head}{one.seconds:8.2f}{one.cpu:8.2f}{one.memory // 1024:6}  {bar}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
