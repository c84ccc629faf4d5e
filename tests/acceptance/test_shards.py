"""The shards of a validation, merged, say what it would have said as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fleetcopy import FleetCopy
from fleetops.api.fleet import any_fleet
from fleetops.api.merge import merge
from fleetops.api.shards import Part
from fleetops.api.validate import Request, Since, validate
from fleetops.cli.app import build_parser
from fleetops.output.json import as_json
from smallfleet import SERVICE, WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

NAMES = ("one", "two", "three")
LOST = SERVICE.replace("app: web", "app: lost")
OBJECTS = "overlays/{}/objects.yaml"
SYNC = """\
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {0}, namespace: shop}}
spec:
  interval: 10m
  path: ./overlays/{0}
  prune: true
  suspend: {1}
  sourceRef: {{kind: Bucket, name: a}}
"""
OVERLAYS: dict[str, dict[str, str]] = {
    "absent": {},
    "sound": {"web.yaml": WEB, "objects.yaml": SERVICE},
    "lost": {"web.yaml": WEB, "objects.yaml": LOST},
    "away": {"web.yaml": WEB.replace("spec:\n", "spec:\n  replicas: 0\n", 1), "objects.yaml": LOST},
    "other": {"web.yaml": f"{WEB}:v2\n".replace("\n:v2", ":v2"), "objects.yaml": SERVICE},
    "broken": {"web.yaml": WEB, "objects.yaml": "kind: ["},
    # It syncs another environment.
    "syncing": {"web.yaml": WEB, "objects.yaml": SYNC.format("three", "false")},
    "suspending": {"web.yaml": WEB, "objects.yaml": SYNC.format("three", "true")},
}
FREEZE = "{from: 2020-01-01 00:00, to: 2999-01-01 00:00, zone: UTC, reason: As long as it takes}"
GATES = ("{}", "{approvals: codeowners}", f"{{freeze: [{FREEZE}], approvals: codeowners}}")
EXCUSES: dict[str, tuple[str, Callable[[list[str]], list[str]]]] = {
    "everywhere": ("service-selects-nothing", lambda _: []),
    "where it is": ("service-selects-nothing", lambda names: names),
    "in the last": ("service-selects-nothing", lambda names: names[-1:]),
    "of nothing": ("claim-absent", lambda names: names),
}
ACCEPTED = ("scaled-to-zero", "safeguard-loosened", "file-without-owner", "controller-suspended")


@dataclass(frozen=True)
class State:
    """A fleet, before a change or after it."""

    overlays: tuple[str, ...]
    """What each environment is."""
    gates: str
    excuses: list[str]
    suspended: bool = False
    """Whether what syncs the environments is, outside of them."""

    def write(self, fleet: FleetCopy) -> None:
        """Write its files, over those of another."""
        there = [name for name, kind in zip(NAMES, self.overlays, strict=True) if OVERLAYS[kind]]
        fleet.write("fleetops.yaml", "\n".join(self._config(there)))
        synced = (SYNC.format(name, str(self.suspended).lower()) for name in NAMES[:2])
        fleet.write("clusters/sync.yaml", "".join(synced))
        for name, kind in zip(NAMES, self.overlays, strict=True):
            for file, text in OVERLAYS[kind].items():
                fleet.write(f"overlays/{name}/{file}", text)
            if name in there:
                listed = "resources: [web.yaml, objects.yaml]\n"
                fleet.write(f"overlays/{name}/kustomization.yaml", listed)

    def _config(self, there: list[str]) -> Iterator[str]:
        yield "version: 1\nenvironments:"
        for name in there:
            more = f'kubernetes: ["1.37"], gates: {self.gates}'
            yield f"  - {{name: {name}, overlay: overlays/{name}, {more}}}"
        if self.excuses:
            yield "exceptions:"
        for excuse in self.excuses:
            check, where = EXCUSES[excuse]
            more = f"environments: [{', '.join(where(there))}], reason: Because it is so"
            yield f"  - {{check: {check}, resource: Service/web, {more}}}"


@dataclass(frozen=True)
class Case:
    """A change of a fleet, and what is asked for of it."""

    before: State
    after: State
    names: list[str]
    accepted: list[str]
    how: str
    of: int


states = st.builds(
    State,
    overlays=st.tuples(*[st.sampled_from(list(OVERLAYS))] * len(NAMES)).filter(
        lambda kinds: {*kinds} != {"absent"}
    ),
    gates=st.sampled_from(GATES),
    excuses=st.lists(st.sampled_from(list(EXCUSES)), max_size=3),
    suspended=st.booleans(),
)
cases = st.builds(
    Case,
    before=states,
    after=states,
    names=st.just([]) | st.lists(st.sampled_from(NAMES)),
    accepted=st.lists(st.sampled_from(ACCEPTED), unique=True),
    how=st.sampled_from(["since", "since", "now", "undescribed"]),
    of=st.sampled_from([1, 2, 3, 4, 2, 3]),
)

SOUND = State(("sound", "sound", "sound"), GATES[2], [])
CHANGED = State(("other", "away", "absent"), GATES[2], ["in the last", "of nothing", "of nothing"])
BROKEN = State(("broken", "other", "lost"), GATES[1], ["everywhere", "in the last"])


SYNCING = State(("sound", "syncing", "sound"), GATES[1], [])
SUSPENDING = State(("away", "suspending", "sound"), GATES[1], [], suspended=True)


@pytest.mark.usefixtures("programs")
@settings(max_examples=5, deadline=None)
@given(cases)
# What a change does to two environments, and to one that left, is said by different shards.
@example(Case(SOUND, CHANGED, [], [], "since", 2))
@example(Case(SOUND, CHANGED, [], [*ACCEPTED], "since", 2))
# So is what cannot be rendered before a change, or after it, and an exception that some need; and
# the names are in another order.
@example(Case(BROKEN, CHANGED, ["two", "one"], [], "since", 2))
@example(Case(CHANGED, BROKEN, [], [], "now", 3))
# What an overlay brings of what syncs another environment is not said of that too.
@example(Case(SYNCING, SUSPENDING, [], [], "since", 3))
@example(Case(SYNCING, SUSPENDING, [], [*ACCEPTED], "since", 3))
def test_merged_they_are_the_whole(case: Case) -> None:
    with TemporaryDirectory() as folder:
        fleet = FleetCopy(Path(folder))
        fleet.git("init", "--quiet", "--initial-branch=main")
        case.before.write(fleet)
        fleet.commit()
        case.after.write(fleet)
        if case.how == "undescribed":
            (fleet.root / "fleetops.yaml").unlink()
        opened = replace(any_fleet(fleet.root), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
        there = [one.name for one in opened.config.environments]
        since = Since("HEAD", dict.fromkeys(case.accepted, "so it is"))
        request = Request(
            tuple(name for name in case.names if name in there),
            since=since if case.how == "since" else None,
        )
        paths = []
        for number in range(case.of, 0, -1):
            shard = validate(opened, replace(request, part=Part(number, case.of)), print)
            paths.append(fleet.root / f"{number}.json")
            paths[-1].write_text(as_json(shard))
        assert merge(paths, print) == validate(opened, request, print)


@pytest.fixture
def several(small: SmallFleet) -> SmallFleet:
    small.objects(LOST)
    for name in ("two", "three"):
        for file in ("kustomization.yaml", "web.yaml"):
            small.write(f"overlays/{name}/{file}", small.read(f"overlays/one/{file}"))
        small.write(OBJECTS.format(name), SERVICE)
        small.append(
            "fleetops.yaml",
            f"  - {{name: {name}, overlay: overlays/{name}, kubernetes: ['1.37']}}\n",
        )
    small.commit()
    return small


def keep(fleet: FleetCopy) -> list[str]:
    """Validate in shards, and give the files that hold what was found, relative to the fleet."""
    paths = []
    for number in (1, 2):
        done = fleet.json("validate", f"--shard={number}/2")
        assert done.code == (not done.data["ok"])
        paths.append(f"{number}.json")
        fleet.write(paths[-1], done.out)
    return paths


def test_they_are_printed_as_the_whole_is_and_end_as_it_does(several: SmallFleet) -> None:
    paths = keep(several)
    for form in ("json", "github"):
        whole = several.run("validate", "--output", form)
        merged = several.run("merge", "--output", form, *paths)
        assert (merged.code, merged.out, merged.err) == (1, whole.out, "")
    several.edit("overlays/one/objects.yaml", "lost", "web")
    assert several.run("merge", *keep(several)).out == "one, two, three: 9 manifests, ok\n"


def test_a_shard_says_which_it_is_and_may_have_no_environment(several: SmallFleet) -> None:
    (empty,) = (number for number in range(1, 5) if not Part(number, 4).share(NAMES))
    done = several.run("validate", f"--shard={empty}/4")
    assert (done.code, done.out) == (0, f"shard {empty} of 4: no environment: ok\n")
    done = several.run("validate", "--shard=1/3")
    assert done.out.endswith("shard 1 of 3: two: 3 manifests, ok\n")


def test_a_validation_of_other_files_is_not_merged(several: SmallFleet) -> None:
    paths = keep(several)
    several.append("overlays/three/web.yaml", "# as before\n")
    done = several.json("validate", "--shard=2/2")
    several.write(paths[1], done.out)
    said = several.refused("merge", *paths, code=2)
    assert said.startswith("fleetops: 2.json: is of other files than 1.json")
    several.commit()
    several.write(paths[1], several.json("validate", "--shard=2/2", "--env=two").out)
    assert "2.json: is of commit " in several.refused("merge", *paths, code=2)


@pytest.mark.parametrize("word", ["0/3", "4/3", "2", "2/", "/2", "-1/2", "a/b", "1/2/3", "1.5/2"])
def test_what_is_no_part_is_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        build_parser(["validate"]).parse_args(["validate", f"--shard={word}"])
    assert "is no K/N" in capsys.readouterr().err


def test_a_part_is_not_tried_on_a_cluster(several: SmallFleet) -> None:
    words = ("validate", "--shard=1/2", "--on-cluster")
    assert "give one of them" in several.refused(*words, code=2)
