"""Going back to what an environment ran before, and how far it is behind the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smallfleet import RELEASE

if TYPE_CHECKING:
    from pastfleet import PastFleet

pytestmark = pytest.mark.acceptance

ONE = "overlays/one/kustomization.yaml"
TWO = "overlays/two/kustomization.yaml"


def runs(past: PastFleet, environment: str, *tags: str) -> None:
    for tag in tags:
        past.run_in(environment, tag)
        past.record(f"{environment} runs {tag}")


def test_goes_back_to_the_release_that_ran_before(past: PastFleet) -> None:
    runs(past, "two", "v2", "v3")
    done = past.json("rollback", "--env", "two")
    assert (done.code, done.data["release"]) == (0, "v2")
    assert done.data["environments"][0]["before"] == "v3"
    assert "newTag: v2" in past.read(TWO)


def test_it_can_be_one_commit(past: PastFleet) -> None:
    runs(past, "two", "v2", "v3")
    past.git("config", "user.name", "A Promoter")
    past.git("config", "user.email", "promoter@example.test")
    done = past.run("rollback", "--env", "two", "--commit")
    assert done.code == 0, done.err
    assert past.git("show", "--format=%s", "--name-only") == f"Roll two back to v2\n\n{TWO}\n"
    trailers = past.git("log", "-1", "--format=%(trailers:only)").splitlines()
    assert trailers[:3] == ["Release: v2", "Environment: two", "From: v3"]
    assert past.git("status", "--porcelain") == ""


def test_the_environment_before_is_not_asked(past: PastFleet) -> None:
    runs(past, "two", "v3")
    assert "has to run there first" in past.refused("promote", "v2", "--env", "two")
    runs(past, "one", "v4")
    assert past.run("rollback", "--env", "two").code == 0
    assert "newTag: v1" in past.read(TWO)


def test_a_dry_run_writes_nothing(past: PastFleet) -> None:
    runs(past, "one", "v2")
    before = past.snapshot()
    done = past.run("rollback", "--env", "one", "--dry-run")
    assert "one would go from v2 to v1" in done.out
    assert past.snapshot() == before


def test_what_is_not_committed_yet_is_gone_back_from(past: PastFleet) -> None:
    runs(past, "one", "v2")
    past.run_in("one", "v3")
    assert past.json("rollback", "--env", "one").data["release"] == "v2"


def test_a_hand_edit_is_gone_back_from_but_never_to(past: PastFleet) -> None:
    runs(past, "one", "v9")
    assert past.json("rollback", "--env", "one", "--dry-run").data["release"] == "v1"
    runs(past, "one", "v2")
    said = past.refused("rollback", "--env", "one")
    assert "one ran no release as a whole before" in said
    assert "name a release with --to" in said


def test_what_could_not_be_rendered_ran_nowhere(past: PastFleet) -> None:
    past.write(ONE, "resources: [nowhere.yaml]\n")
    past.record()
    runs(past, "one", "v1", "v2")
    past.write(ONE, "resources: [nowhere.yaml]\n")
    past.record()
    runs(past, "one", "v2")
    assert past.json("rollback", "--env", "one").data["release"] == "v1"


def test_a_change_beside_the_release_is_none_to_go_back_over(past: PastFleet) -> None:
    runs(past, "one", "v2")
    side = "        - name: side\n          image: example.test/side:{}\n"
    past.append("base/web.yaml", side.format("1"))
    past.record()
    past.edit("base/web.yaml", "side:1", "side:2")
    past.record()
    assert past.json("rollback", "--env", "one").data["release"] == "v1"


@pytest.mark.parametrize("to", [(), ("--to=v1",), ("--to=HEAD~1",)], ids=["before", "name", "at"])
def test_a_release_that_would_leave_a_service_as_it_is_is_no_way_back(
    to: tuple[str, ...], past: PastFleet
) -> None:
    side = "        - name: side\n          image: example.test/side\n"
    past.append("base/web.yaml", side)
    more = "  side: {name: example.test/side, tag: s2}\n"
    past.write("releases/v1-and-side.yaml", RELEASE.format(name="v1-and-side") + more)
    past.edit("releases/v1-and-side.yaml", "tag: v1-and-side", "tag: v1")
    past.append(ONE, "  - name: example.test/side\n    newTag: s1\n")
    past.record()
    past.edit(ONE, "newTag: s1", "newTag: s2")
    past.record()
    assert past.json("status").data["environments"][0]["release"] == "v1-and-side"
    said = past.refused("rollback", "--env", "one", *to)
    assert (
        "releases/v1.yaml:1: v1 says nothing of side, which would stay at s2 and ran as s1" in said
    )


def test_what_the_environment_before_does_not_have_is_not_asked_of_it(past: PastFleet) -> None:
    more = "  side: {name: example.test/side, tag: s1}\n"
    past.write("releases/v2-and-side.yaml", RELEASE.format(name="v2-and-side") + more)
    past.edit("releases/v2-and-side.yaml", "tag: v2-and-side", "tag: v2")
    side = "        - name: side\n          image: example.test/side\n"
    past.write("overlays/two/web.yaml", past.read("base/web.yaml") + side)
    past.edit(TWO, "../../base", "web.yaml")
    past.record()
    assert "v2-and-side has to run there first" in past.refused(
        "promote", "v2-and-side", "--env=two"
    )
    runs(past, "one", "v2")
    done = past.run("promote", "v2-and-side", "--env=two")
    assert done.code == 0, done.err
    # It runs what the one before runs, and more.
    assert past.json("status").data["environments"][1]["lag"] is None


@pytest.mark.parametrize("to", ["v2", "HEAD~1", "marked"])
def test_goes_to_the_release_or_revision_that_is_named(to: str, past: PastFleet) -> None:
    runs(past, "one", "v2")
    past.git("tag", "marked")
    runs(past, "one", "v3")
    assert past.json("rollback", "--env", "one", "--to", to).data["release"] == "v2"


@pytest.mark.parametrize(
    ("to", "code", "said"),
    [
        ("v7", 2, "unknown release 'v7'"),
        ("nowhere~3", 2, "and no revision either"),
        ("--output=x", 2, ""),
        ("HEAD", 1, "one runs no release as a whole at HEAD"),
    ],
)
def test_what_cannot_be_gone_to_is_said(to: str, code: int, said: str, past: PastFleet) -> None:
    runs(past, "one", "v9")
    assert said in past.refused("rollback", "--env", "one", f"--to={to}", code=code)


def test_a_release_that_is_no_longer_in_the_catalogue(past: PastFleet) -> None:
    runs(past, "one", "v2")
    commit = past.head()
    runs(past, "one", "v3")
    (past.root / "releases/v2.yaml").unlink()
    past.record()
    said = past.refused("rollback", "--env", "one")
    assert "the catalogue no longer has v2" in said
    assert f"git checkout {commit[:12]} -- releases/v2.yaml" in said
    past.git("checkout", "--quiet", commit[:12], "--", "releases/v2.yaml")
    assert past.json("rollback", "--env", "one").data["release"] == "v2"


def test_what_never_ran_anything_else_cannot_go_back(past: PastFleet) -> None:
    assert "ran nothing else before" in past.refused("rollback", "--env", "one")
    (past.root / ".git").rename(past.root.parent / "git")
    assert "there is no commit 'HEAD'" in past.refused("rollback", "--env", "one", code=2)


def test_status_says_how_far_behind_and_since_when(past: PastFleet) -> None:
    assert [one["lag"] for one in past.json("status").data["environments"]] == [None, None]
    runs(past, "one", "v2", "v3")
    lag = past.json("status").data["environments"][1]["lag"]
    assert lag == {
        "environment": "one",
        "releases": 2,
        "at_least": False,
        "since": "2026-05-29T20:26:40Z",
    }
    assert "two: 2 releases behind one since 2026-05-29 20:26Z\n" in past.run("status").out
    runs(past, "two", "v2")
    assert "two: 1 release behind one since 2026-05-30 20:26Z\n" in past.run("status").out
    past.run_in("two", "v3")
    assert "behind" not in past.run("status").out


def test_nothing_is_behind_what_has_none_of_its_services(past: PastFleet) -> None:
    past.edit(
        "fleetops.yaml",
        "  - name: two",
        '  - {name: tools, overlay: overlays/tools, kubernetes: ["1.37"]}\n  - name: two',
    )
    past.write("overlays/tools/kustomization.yaml", "resources: [notes.yaml]\n")
    past.write(
        "overlays/tools/notes.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes, namespace: tools}\n",
    )
    runs(past, "one", "v2")
    one, tools, two = past.json("status").data["environments"]
    assert (one["lag"], tools["lag"], tools["off"]) == (None, None, [])
    assert (two["lag"]["environment"], two["lag"]["releases"]) == ("one", 1)
    # What cannot be rendered may have them.
    past.write("overlays/tools/notes.yaml", "nothing: of use\n")
    _, tools, two = past.json("status").data["environments"]
    assert (two["lag"], len(tools["off"])) == (None, 1)


def test_status_knows_what_is_not_committed(past: PastFleet) -> None:
    past.run_in("one", "v2")
    assert "two: 1 release behind one\n" in past.run("status").out


def test_a_release_that_the_environment_before_never_ran(past: PastFleet) -> None:
    past.run_in("one", "v2")
    runs(past, "two", "v4")
    assert "two: 2 releases behind one since 2026-05-28 20:26Z\n" in past.run("status").out


def test_what_never_ran_is_no_way_back(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record("v2")
    said = past.refused("rollback", "--env", "one", "--to", "v4")
    assert "one never ran v4, as far as Git tells" in said
