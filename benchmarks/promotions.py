"""How long one promotion of many services in many environments takes, beside its renders alone.

Whole processes. The renders are `kustomize build` of every overlay before the promotion and after
it, two at a time, thrown away. The promotion is one call that ends in one commit. CPU is of each
side with all that it started.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from fleets import commit, new_cache, write_fleet
from processes import FLEETOPS, REPOSITORY, bash, cost

from fleetops.programs import KUSTOMIZE, ensure

SERVICES = 50
ENVIRONMENTS = 200
ASKED = 1.5


def main() -> int:
    """Print the table; exit code 1 if the ratio is not reached."""
    kustomize = ensure(KUSTOMIZE, REPOSITORY, print)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        fleet, after = scratch / "fleet", scratch / "after"
        write_fleet(fleet, ENVIRONMENTS, SERVICES)
        commit(fleet)
        cache = new_cache(scratch / "cache", REPOSITORY)
        names = (f"env-{number}" for number in range(ENVIRONMENTS))
        words = [FLEETOPS, "promote", "v2", *(f"--env={name}" for name in names), "--commit"]
        promotion = cost(words, fleet, cache)
        subprocess.run(["git", "clone", "--quiet", fleet, after], check=True)
        subprocess.run(["git", "checkout", "--quiet", "HEAD^"], cwd=fleet, check=True)
        build = f"xargs -P2 -I% sh -c '{kustomize} build % > /dev/null'"
        line = f"ls -d overlays/*/ {after}/overlays/*/ | {build}"
        renders = cost(bash(line), fleet, cache)
        commits = subprocess.run(
            ["git", "rev-list", "--count", "HEAD"],
            cwd=after,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    ratio = promotion.seconds / renders.seconds
    print(f"{SERVICES} services in {ENVIRONMENTS} environments, {int(commits) - 1} commit\n")
    print(f"{'':34}{'seconds':>8}{'CPU':>8}")
    for name, one in (("promote --commit", promotion), ("its renders alone", renders)):
        print(f"{name:34}{one.seconds:8.1f}{one.cpu:8.1f}")
    print(f"\n{'ratio':34}{ratio:8.2f}, asked {ASKED}")
    return 1 if ratio > ASKED or int(commits) != 2 else 0  # noqa: PLR2004


if __name__ == "__main__":
    sys.exit(main())
