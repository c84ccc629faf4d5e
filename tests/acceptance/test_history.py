"""What an environment ran, told from Git alone."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT
from fleetops.api.bench import bench
from fleetops.api.fleet import open_fleet
from fleetops.api.history import history
from fleetops.api.past import stays, walk
from fleetops.errors import InputError
from fleetops.files import Repository
from fleetops.git import export, open_git
from fleetops.kustomization import read_closure
from fleetops.render import Render
from pastfleet import DAY, START, PastFleet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleetops.api.past import Stay
    from fleetops.kustomization import Closure

pytestmark = pytest.mark.acceptance

ONE = "overlays/one/kustomization.yaml"


def test_says_which_release_ran_when_by_whom_and_how_it_came(past: PastFleet) -> None:
    past.run_in("one", "v2")
    second = past.record("Promote v2 to one (#7)", "Grace")
    past.write("README.md", "Nothing that runs.")
    past.record("Words")
    done = past.json("history", "--env", "one")
    assert done.code == 0
    newest, oldest = done.data["entries"]
    assert newest == {
        "commit": second,
        "when": "2026-05-29T20:26:40Z",
        "author": "Grace",
        "subject": "Promote v2 to one (#7)",
        "pull_request": "#7",
        "state": "running",
        "release": "v2",
        "note": "",
        "changes": [{"image": "example.test/web", "before": [":v1"], "after": [":v2"]}],
        "begun": True,
    }
    assert (oldest["release"], oldest["author"], oldest["changes"]) == ("v1", "Ada", [])
    assert done.data["end"] == "beginning"
    text = past.run("history", "--env", "one").out.splitlines()
    assert text[0].split() == ["when", "release", "by", "commit", "pull", "request", "subject"]
    assert text[1].split()[:6] == ["2026-05-29", "20:26Z", "v2", "Grace", second[:12], "#7"]
    assert text[-1] == "one begins there"
    assert past.ran(environment="two") == [("v1", "running", 0)]


def test_a_hand_edit_is_told_as_one(past: PastFleet) -> None:
    past.run_in("one", "v9")
    past.record("Quick fix")
    assert past.ran() == [(None, "running", 1), ("v1", "running", 0)]
    text = past.run("history", "--env", "one").out
    assert "\n  no release as a whole\n  example.test/web :v1 -> :v9\n" in text


def test_a_change_of_the_base_counts_where_it_changes_what_runs(past: PastFleet) -> None:
    past.write(ONE, "resources: [../../base]\n")
    past.write(
        "base/kustomization.yaml",
        "resources: [web.yaml]\nimages: [{name: example.test/web, newTag: v2}]\n",
    )
    past.record()
    past.edit("base/web.yaml", "labels: {app: web}\n    spec", "labels: {app: web, b: c}\n    spec")
    past.record()
    past.edit("base/kustomization.yaml", "v2", "v3")
    past.record()
    assert past.ran() == [("v3", "running", 3), ("v2", "running", 1), ("v1", "running", 0)]
    assert past.ran(environment="two") == [("v1", "running", 0)]


def test_what_came_with_a_merge_came_with_the_merge(past: PastFleet) -> None:
    past.git("checkout", "--quiet", "-b", "side")
    past.run_in("one", "v2")
    past.record("On the way")
    past.run_in("one", "v3")
    past.record("Arrived")
    past.git("checkout", "--quiet", "main")
    past.write("README.md", "Meanwhile.")
    past.record("Meanwhile")
    past.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #12 from a/side", "side")
    entries = past.json("history", "--env", "one").data["entries"]
    assert [(one["release"], one["pull_request"]) for one in entries] == [
        ("v3", "#12"),
        ("v1", None),
    ]
    assert entries[0]["commit"] == past.head()


def test_follows_an_overlay_that_fleetops_yaml_had_elsewhere(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record()
    past.git("mv", "overlays", "environments")
    past.write("fleetops.yaml", past.read("fleetops.yaml").replace("overlays/", "environments/"))
    past.record()
    past.edit("environments/one/kustomization.yaml", "v2", "v3")
    past.record()
    assert past.ran() == [("v3", "running", 3), ("v2", "running", 1), ("v1", "running", 0)]


@pytest.mark.usefixtures("programs")
def test_follows_a_renamed_overlay_to_before_there_was_a_fleetops_yaml(tmp_path: Path) -> None:
    fleet = PastFleet.make(tmp_path)
    config = fleet.read("fleetops.yaml")
    (fleet.root / "fleetops.yaml").unlink()
    fleet.run_in("former", "v1")
    fleet.record()
    fleet.run_in("former", "v2")
    fleet.record()
    fleet.git("mv", "overlays/former", "overlays/one")
    fleet.record()
    fleet.run_in("two", "v1")
    fleet.write("fleetops.yaml", config)
    fleet.record()
    assert fleet.ran() == [("v2", "running", 1), ("v1", "running", 0)]


def test_says_where_it_did_not_exist_or_render(past: PastFleet) -> None:
    kept = past.read(ONE)
    past.write(ONE, "resources: [nowhere.yaml]\n")
    past.record("Broken")
    past.write(ONE, kept)
    past.record("Whole")
    (past.root / ONE).unlink()
    past.record("Gone")
    past.write(ONE, kept)
    past.record("Back")
    past.write(ONE, "resources: [../../base]\nnamePrefix: [1]\n")
    past.record("What only kustomize refuses")
    past.write(ONE, kept.replace("v1", "v2"))
    past.record("v2")
    assert past.ran() == [
        ("v2", "running", 6),
        (None, "broken", 5),
        ("v1", "running", 4),
        (None, "absent", 3),
        ("v1", "running", 2),
        (None, "broken", 1),
        ("v1", "running", 0),
    ]
    notes = [one["note"] for one in past.json("history", "--env", "one").data["entries"]]
    assert notes[3] == "overlays/one does not exist"
    assert "nowhere.yaml does not exist" in notes[5]
    assert str(past.root.parent) not in "".join(notes)


def test_an_environment_begins_with_its_first_commit(past: PastFleet) -> None:
    past.write("fleetops.yaml", past.read("fleetops.yaml").replace("two", "three"))
    past.run_in("three", "v2")
    assert past.run("history", "--env", "three").out == "three is in no commit\n"
    past.record()
    assert past.ran(environment="three") == [("v2", "running", 1)]


def test_says_where_a_shallow_clone_ends(past: PastFleet, tmp_path: Path) -> None:
    for tag in ("v2", "v3"):
        past.run_in("one", tag)
        past.record()
    words = ("git", "clone", "--quiet", "--depth=2", f"file://{past.root}", str(tmp_path / "clone"))
    subprocess.run(words, env=ENVIRONMENT, check=True)
    clone = PastFleet(tmp_path / "clone")
    done = clone.json("history", "--env", "one")
    assert [(one["release"], one["begun"]) for one in done.data["entries"]] == [
        ("v3", True),
        ("v2", False),
    ]
    assert done.data["end"] == "shallow"
    text = clone.run("history", "--env", "one").out
    assert " or before  v2 " in text
    assert text.endswith("what was before is not in this clone: git fetch --unshallow gets it\n")


def test_releases_are_named_by_the_catalogue_of_their_time_or_else_of_today(
    past: PastFleet,
) -> None:
    past.run_in("one", "v2")
    past.record()
    past.git("mv", "releases/v2.yaml", "releases/spring.yaml")
    past.edit("releases/spring.yaml", "release: v2", "release: spring")
    past.record()
    past.run_in("one", "v9")
    past.record()
    past.write(
        "releases/later.yaml",
        past.read("releases/v4.yaml").replace("v4", "later").replace("tag: later", "tag: v9"),
    )
    past.record()
    assert past.ran() == [("later", "running", 3), ("v2", "running", 1), ("v1", "running", 0)]


def test_says_no_more_than_is_asked_for(past: PastFleet) -> None:
    for tag in ("v2", "v3", "v4", "v1"):
        past.run_in("one", tag)
        past.record()
    assert past.ran("--limit", "2") == [("v1", "running", 4), ("v4", "running", 3)]
    assert past.run("history", "--env", "one", "--limit", "2").out.endswith(
        "there are older ones: --limit 4\n"
    )
    assert past.json("history", "--env", "one", "--limit", "5").data["end"] == "beginning"
    assert "is no number from 1 on" in past.refused(
        "history", "--env", "one", "--limit", "0", code=2
    )


@pytest.mark.parametrize("limit", ["MAX_COMMITS", "MAX_RENDERS"])
def test_goes_back_no_further_than_it_is_worth(
    limit: str, past: PastFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        past.run_in("one", "v2")
        past.append("base/web.yaml", f"# {number}\n")
        past.record()
    monkeypatch.setattr(f"fleetops.api.past.{limit}", 3)
    fleet = open_fleet(past.root)
    found = history(fleet, fleet.config.environment("one"), 20, print)
    assert [(one.release, one.begun) for one in found.entries] == [("v2", False)]
    assert found.end == "bound"


def test_hostile_words_do_nothing(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record(
        "\x1b[2J::set-output name=a::b\r\n\n::error::x\n(#1)\x1b]8;;",
        "::warning::\x1b[31mEve\u202e",
    )
    past.run_in("one", "v\x7f3")
    past.record("::stop-commands::now" * 500)
    done = past.run("history", "--env", "one")
    assert done.code == 0
    assert all(line.isprintable() for line in done.out.splitlines())
    assert not any(line.lstrip().startswith(("::", "##[")) for line in done.out.splitlines())
    assert max(map(len, done.out.splitlines())) < 200
    past.json("history", "--env", "one")


def test_without_git_it_is_said_that_there_is_none(past: PastFleet) -> None:
    (past.root / ".git").rename(past.root.parent / "git")
    assert "there is no commit 'HEAD'" in past.refused("history", "--env", "one", code=2)
    assert "or more behind" not in past.run("status").out


@pytest.mark.usefixtures("programs")
def test_works_in_a_folder_of_the_git_repository(tmp_path: Path) -> None:
    fleet = PastFleet.make(tmp_path, "deploy/fleet")
    for tag in ("v1", "v2"):
        fleet.run_in("one", tag)
        fleet.run_in("two", "v1")
        fleet.record()
    assert fleet.ran() == [("v2", "running", 1), ("v1", "running", 0)]


def test_thousands_of_commits_take_seconds(past: PastFleet) -> None:
    stream = ["reset refs/heads/main\nfrom refs/heads/main^0\n"]
    for number in range(1, 3001):
        overlay = past.read(ONE).replace("v1", f"v{1 + number // 100 % 4}")
        path = ONE if number % 100 == 0 else f"notes/{number}"
        stream.append(
            f"commit refs/heads/main\ncommitter C <c@example.test> {START + number * DAY} +0000\n"
            f"data 1\nx\nM 100644 inline {path}\ndata {len(overlay)}\n{overlay}\n"
        )
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],  # noqa: S607
        cwd=past.root,
        env=ENVIRONMENT,
        input="".join(stream).encode(),
        check=True,
    )
    past.git("reset", "--quiet", "--hard")
    assert past.ran("--limit", "25")[::24] == [("v3", "running", 3000), ("v3", "running", 600)]
    assert len(past.ran("--limit", "100")) == 31


BASE = "base/kustomization.yaml"
WEB = "base/web.yaml"
A_TAG = (ONE, "    newTag: $T\n")
EDITS = (
    A_TAG,
    A_TAG,
    A_TAG,
    (ONE, ""),
    (ONE, "    newTag: 1.10\n"),
    (ONE, "    newTag: x/$T:y\n"),
    (ONE, "    newName: web\n    newTag: x/$T:y\n"),
    (ONE, "    digest: sha256:$D\n"),
    (ONE, "    newTag: a\n    digest: sha256:$D\n"),
    (ONE, "    newName: mirror.test/web\n    newTag: $T\n"),
    (ONE, "    newTag: $T\n  - name: example.test/web\n    newTag: $T\n"),
    (ONE, "    newName: example.test/side\n  - name: example.test/side\n    newTag: $T\n"),
    (
        ONE,
        """    newTag: $T
replacements:
  - sourceValue: example.test/web:z
    targets:
      - select: {kind: Deployment}
        fieldPaths: [spec.template.spec.containers.0.image]
""",
    ),
    (BASE, "resources: [web.yaml]\nimages: [{name: example.test/side, newTag: $T}]\n"),
    (
        BASE,
        "resources: [web.yaml]\nimages: [{name: example.test/web, newName: example.test/side}]\n",
    ),
    (WEB, "image: example.test/web"),
    (WEB, "image: example.test/web:a"),
    (WEB, "image: example.test/side:b"),
    ("notes", "$T"),
)
"""Path and text: of an overlay the end, of the manifest its image."""


@pytest.mark.parametrize("seed", range(6))
def test_says_the_same_as_a_render_of_every_commit(seed: int, past: PastFleet) -> None:
    dice = random.Random(seed)  # noqa: S311
    beginning = past.read(ONE).partition("    newTag")[0]
    web = past.read(WEB)
    for _ in range(25):
        past.run_in("two", dice.choice("abc"))
        path, text = dice.choice(EDITS)
        while "$" in text:
            text = text.replace("$T", dice.choice("abc"), 1).replace("$D", dice.choice("01") * 64)
        if path == ONE:
            text = beginning + text
        elif path == WEB:
            text = web.replace("image: example.test/web", text)
        past.write(path, text)
        past.record()
    one, two = _stays(past, "one"), _stays(past, "two")
    assert [stay.state.versions for stay in one] == _rendered(past)
    # In one walk it is the same, and each is gone back over as far as is asked.
    assert _walked(past, {"one": len(one), "two": len(two)}) == {"one": one, "two": two}
    assert _walked(past, {"one": 1, "two": 3}) == {"one": one[:1], "two": two[:3]}


def _stays(past: PastFleet, environment: str) -> list[Stay]:
    fleet = open_fleet(past.root)
    with bench(fleet, print) as place:
        return list(stays(place, fleet.config.environment(environment), past.head()))


def _walked(past: PastFleet, limits: Mapping[str, int]) -> Mapping[str, list[Stay]]:
    fleet = open_fleet(past.root)
    found: dict[str, list[Stay]] = {name: [] for name in limits}
    with bench(fleet, print) as place:
        for name, stay in walk(
            place,
            fleet.config.environments,
            past.head(),
            lambda name, _: len(found[name]) == limits[name],
        ):
            found[name].append(stay)
    return found


def _rendered(past: PastFleet) -> list[Mapping[str, set[str]]]:
    """Render every commit, and leave out those that run the same as the one before."""
    fleet = open_fleet(past.root)
    environment, git = fleet.config.environment("one"), open_git(past.root)
    found: list[Mapping[str, set[str]]] = []
    with bench(fleet, print) as place:
        overlays: list[tuple[Repository, Closure] | InputError] = []
        repositories = []
        for commit in past.git("rev-list", "HEAD").split():
            folder = place.folder("commit")
            export(git, commit, folder)
            repositories.append(repository := Repository.at(folder))
            try:
                overlays.append((repository, read_closure(repository, environment.overlay)))
            except InputError as error:
                overlays.append(error)
        with place.kustomize.start(overlays) as rendering:
            outcomes = list(rendering.each())
        for outcome, repository in zip(outcomes, repositories, strict=True):
            versions: Mapping[str, set[str]] = {}
            if isinstance(outcome, Render):
                versions = place.scene(environment, outcome, repository).versions
            if not found or found[-1] != versions:
                found.append(versions)
    return found
