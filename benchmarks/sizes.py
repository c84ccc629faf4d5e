"""How long fleetops takes on fleets of many environments, beside the programs it stands on.

Whole processes; every number of a row is a ratio to the shell loop or the floor of the same run:
`kustomize build | kubeconform` one overlay after the other, and two kustomize at a time with one
kubeconform over all that they wrote.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from fleets import (
    PER_BASE,
    commit,
    new_cache,
    release_every_second,
    write_applications,
    write_fleet,
)
from processes import FLEETOPS, REPOSITORY, TEMPLATE, bash, cost

from fleetops.programs import KUBECONFORM, KUSTOMIZE, ensure
from fleetops.schema import DATA

if TYPE_CHECKING:
    from processes import Cost

SIZES = (2, 200, 2000)
MEASURED = 200
"""The size at which ratios are asked for."""
MOST_MEMORY = 300 * 1024
"""KiB."""
MOST_SECONDS = 3.0
"""Of CPU, where nothing has changed in 2,000 environments."""
TURNS = 3
WIDTH = 50


class Peers(NamedTuple):
    """The programs that fleetops stands on, put together by hand."""

    kustomize: Path
    kubeconform: Path

    def _check(self) -> str:
        return f"{self.kubeconform} -strict -schema-location '{DATA}/kubernetes/1.37/{TEMPLATE}'"

    def loop(self) -> list[str]:
        """One overlay after the other."""
        line = f"for o in overlays/*/; do {self.kustomize} build $o | {self._check()}; done"
        return bash(line)

    def floor(self) -> list[str]:
        """Two kustomize at a time, and one kubeconform."""
        build = f"{self.kustomize} build overlays/{{}} > out/{{}}.yaml"
        line = f'mkdir out; ls overlays | xargs -P2 -I{{}} sh -c "{build}"; {self._check()} out'
        return bash(f"{line}; rm -r out")


def measure(scratch: Path, size: int) -> dict[str, Cost]:
    """Run fleetops on a fleet: cold, unchanged, with an overlay changed, with a base changed.

    Of the overlay also as in CI: from a revision, with nothing remembered.
    """
    fleet = scratch / f"fleet-{size}"
    write_fleet(fleet, size)
    commit(fleet)
    cache = new_cache(scratch / f"cache-{size}", REPOSITORY)
    validate = [FLEETOPS, "validate"]
    found = {"cold": cost(validate, fleet, cache), "nothing changed": cost(validate, fleet, cache)}
    for name, path in (
        ("one overlay changed", "overlays/env-1/kustomization.yaml"),
        ("one base changed", "bases/base-0/service-0.yaml"),
    ):
        with (fleet / path).open("a") as file:
            file.write("# changed\n")
        found[name] = cost(validate, fleet, cache)
        if name == "one overlay changed":
            anew = new_cache(scratch / f"anew-{size}", REPOSITORY)
            found["from, nothing known"] = cost([*validate, "--from", "HEAD"], fleet, anew)
    if size == MEASURED:
        reached = [word for number in range(PER_BASE) for word in ("--env", f"env-{number}")]
        alone = new_cache(scratch / f"alone-{size}", REPOSITORY)
        found["its overlays alone"] = cost([*validate, *reached], fleet, alone)
        for base in fleet.glob("bases/*/service-0.yaml"):
            base.write_text(base.read_text().replace("replicas: 2", "replicas: 3"))
        found["diff of all"] = cost([FLEETOPS, "diff"], fleet, cache)
        found["gate of all"] = cost([*validate, "--from", "HEAD"], fleet, cache)
        release_every_second(fleet)
        write_applications(fleet, size, "main")
        commit(fleet)
        found["status, half behind"] = cost([FLEETOPS, "status"], fleet, cache)
        write_applications(fleet, size, "next")
        meant = ["--accept", "sync-redirected", "--because", "it is measured"]
        found["gate of what syncs all"] = cost([*validate, "--from", "HEAD", *meant], fleet, cache)
    return found


def in_turns(scratch: Path, peers: Peers) -> tuple[float, float, float]:
    """Give the seconds of a cold run, of the loop and of the floor: each the median of its turns.

    They take turns, for no machine is as quick from one minute to the next.
    """
    fleet = scratch / f"fleet-{MEASURED}"
    turns = []
    for turn in range(TURNS):
        cache = new_cache(scratch / f"turn-{turn}", REPOSITORY)
        words = ([FLEETOPS, "validate"], peers.loop(), peers.floor())
        turns.append([cost(one, fleet, cache).seconds for one in words])
    cold, loop, floor = map(median, zip(*turns, strict=True))
    return cold, loop, floor


def main() -> int:
    """Print the table and the plot; exit code 1 if a figure is not reached."""
    peers = Peers(ensure(KUSTOMIZE, REPOSITORY, print), ensure(KUBECONFORM, REPOSITORY, print))
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        found = {size: measure(scratch, size) for size in SIZES}
        cold, loop, floor = in_turns(scratch, peers)
        shutil.rmtree(scratch / f"fleet-{SIZES[-1]}")
    ours, largest = found[MEASURED], found[SIZES[-1]]
    rows = [
        ("cold / loop", cold / loop, 0.15),
        ("cold / floor", cold / floor, 1.3),
        ("nothing changed / loop", ours["nothing changed"].seconds / loop, 0.02),
        ("one overlay changed / loop", ours["one overlay changed"].seconds / loop, 0.03),
        (
            "from, one overlay changed / loop",
            ours["from, nothing known"].seconds / loop,
            0.03,
        ),
        (
            "one base changed / its overlays alone",
            ours["one base changed"].seconds / ours["its overlays alone"].seconds,
            1.2,
        ),
        ("diff of all / cold", ours["diff of all"].seconds / cold, 2.0),
        ("gate of all / cold", ours["gate of all"].seconds / cold, 2.0),
        ("gate of what syncs all / cold", ours["gate of what syncs all"].seconds / cold, 2.0),
        ("status, half behind / cold", ours["status, half behind"].seconds / cold, 2.5),
        (
            f"cold, {SIZES[-1]} / {SIZES[-1] // MEASURED} x {MEASURED}",
            largest["cold"].seconds / cold / (SIZES[-1] / MEASURED),
            1.1,
        ),
        (f"memory, {SIZES[-1]}, of 300 MiB", largest["cold"].memory / MOST_MEMORY, 1.0),
        ("unchanged, 2000, CPU of 3 s", largest["nothing changed"].cpu / MOST_SECONDS, 1.0),
    ]
    print(f"{MEASURED} environments: cold {cold:.1f} s, loop {loop:.1f} s, floor {floor:.1f} s\n")
    print(f"{'':38}{'ratio':>8}{'asked':>8}")
    for name, ratio, asked in rows:
        print(f"{name:38}{ratio:8.3f}{asked:8.2f}")
    print(f"\n{'environments':24}{'seconds':>8}{'CPU':>8}{'MiB':>6}")
    most = max(one.seconds for costs in found.values() for one in costs.values())
    for size, costs in found.items():
        for name, one in costs.items():
            bar = "#" * max(round(one.seconds / most * WIDTH), 1)
            head = f"{size} {name}"
            print(f"{head:24}{one.seconds:8.2f}{one.cpu:8.2f}{one.memory // 1024:6}  {bar}")
    return any(ratio > asked for _, ratio, asked in rows)


if __name__ == "__main__":
    sys.exit(main())
