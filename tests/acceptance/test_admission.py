"""The gates of an environment keep a release out until they are open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from fleetops.api import validate as validation
from fleetops.api.fleet import open_fleet
from fleetops.api.promote import Request, promote
from fleetops.api.propose import ChecksFailedError, Wish
from pastfleet import DAY, FLEETOPS, START, PastFleet
from smallfleet import WEB

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.acceptance

FREEZE = """
      freeze:
        - from: {}
          to: {}
          zone: {}
          reason: Because it is so"""
WRONG = (
    ("12/01/2026", "2026-12-02 08:00", "UTC", 11, "cannot stand here: "),
    ("2026-12-01", "2026-12-02 08:00", "UTC", 11, "cannot stand here: "),
    ("Friday 16:00", "monday 08:00", "UTC", 11, "cannot stand here: "),
    ("friday 16:00", "monday 24:00", "UTC", 12, "cannot stand here: "),
    ("friday 16:00", "friday 16:00", "UTC", 12, "is where it begins"),
    ("friday 16:00", "2026-12-02 08:00", "UTC", 12, "are not both dates"),
    ("2026-12-02 08:00", "2026-12-01 08:00", "UTC", 12, "is before it begins"),
    ("2026-02-30 08:00", "2026-12-01 08:00", "UTC", 11, "is no date"),
    ("2026-03-29 02:30", "2026-12-01 08:00", "Europe/Berlin", 11, "is not there in"),
    ("2026-10-01 02:30", "2026-10-25 02:30", "Europe/Berlin", 12, "is there twice in"),
    ("friday 16:00", "monday 08:00", "Europe/Atlantis", 13, "there is no time zone"),
    ("friday 16:00", "monday 08:00", "../../etc/passwd", 13, "cannot stand here: "),
    ("friday 16:00", "monday 08:00", "America/Argentina", 13, "there is no time zone"),
    ("friday 16:00", "monday 08:00", "CET", 13, "cannot stand here: "),
)
ALWAYS = "{from: 2020-01-01 00:00, to: 2999-01-01 00:00, zone: UTC, reason: As long as it takes}"
TWO = "overlays/two/kustomization.yaml"


def ask(past: PastFleet, gates: str) -> None:
    """Give the second environment gates."""
    past.append("fleetops.yaml", f"    gates: {gates}\n")


def at(day: float) -> datetime:
    return datetime.fromtimestamp(START, UTC) + timedelta(days=day)


def kept_out(past: PastFleet, day: float, *, rollback: bool = False) -> list[tuple[str, str]]:
    """Try to promote v2 at a time; give check and message of what keeps it out."""
    fleet = replace(open_fleet(past.root), clock=lambda: at(day))
    environment = fleet.config.environment("two")
    request = Request(Wish("v2", (environment.name,), rollback=rollback), dry_run=True)
    try:
        promote(fleet, request, print)
    except ChecksFailedError as error:
        return [(one.check, one.message) for one in error.findings]
    return []


def test_a_release_has_to_run_before_for_as_long_as_is_asked(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record(day=1)
    ask(past, "{runs_before: 24h}")
    said = (
        "v2 has to run in one for 24h before; it runs there since 2026-05-29 20:26Z, so from"
        " 2026-05-30 20:26Z on it may come"
    )
    assert kept_out(past, 1.5) == [("release-too-young", said)]
    assert kept_out(past, 2 - 1 / DAY) == [("release-too-young", said)]
    assert kept_out(past, 2) == []
    assert kept_out(past, 1.5, rollback=True) == []


def test_the_time_begins_anew_where_it_stopped_meanwhile(past: PastFleet) -> None:
    for day, tag in ((1, "v2"), (3, "v3"), (4, "v2")):
        past.run_in("one", tag)
        past.record(day=day)
    past.write("README.md", "Words.")
    past.record(day=6)
    ask(past, "{runs_before: 2d}")
    assert [check for check, _ in kept_out(past, 5)] == ["release-too-young"]
    assert kept_out(past, 6) == []


def test_what_is_not_committed_has_not_run(past: PastFleet) -> None:
    past.run_in("one", "v2")
    ask(past, "{runs_before: 1m}")
    ((check, message),) = kept_out(past, 100)
    assert (check, message[-24:]) == ("release-too-young", "no commit has it there yet"[-24:])
    (past.root / ".git").rename(past.root.parent / "git")
    ((check, message),) = kept_out(past, 100)
    assert check == "release-too-young"
    assert "it cannot be told how long it has run there" in message


def test_a_commit_of_tomorrow_has_not_run(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record(day=50)
    ask(past, "{runs_before: 1m}")
    assert len(kept_out(past, 2)) == 1


def test_a_shallow_clone_tells_what_it_knows(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record(day=1)
    past.write("README.md", "Words.")
    commit = past.record(day=9)
    past.write(".git/shallow", f"{commit}\n")
    ask(past, "{runs_before: 1d}")
    ((_, message),) = kept_out(past, 9.5)
    assert "at least, and what was before is not in this clone" in message
    assert kept_out(past, 10) == []


def test_nothing_comes_while_it_is_frozen_not_even_back(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record()
    ask(
        past,
        "{freeze: [{from: 2026-06-01 00:00, to: 2026-06-03 00:00, zone: Europe/Berlin, reason: The"
        " fair in Hanover}]}",
    )
    said = "is frozen until 2026-06-02 22:00Z: The fair in Hanover"
    assert kept_out(past, 1) == []
    assert kept_out(past, 4) == kept_out(past, 4, rollback=True) == [("environment-frozen", said)]
    assert kept_out(past, 6) == []


def test_a_closed_gate_writes_nothing_and_is_json_too(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record()
    ask(past, "{freeze: [" + ALWAYS + "]}")
    said = past.refused("promote", "v2", "--env", "two")
    assert "fleetops.yaml:9: error: [environment-frozen] two: is frozen until 2999-01-01" in said
    assert "the gates of two keep v2 out" in said
    done = past.json("promote", "v2", "--env", "two")
    assert (done.code, [one["check"] for one in done.data["findings"]]) == (
        1,
        ["environment-frozen"],
    )
    for words, outcome in (
        (("v1", "--env", "two"), "unchanged"),
        (("v3", "--env", "one"), "promoted"),
    ):
        (one,) = past.json("promote", *words).data["environments"]
        assert one["outcome"] == outcome


def test_a_commit_asks_the_gates_of_the_commit_that_it_follows(past: PastFleet) -> None:
    past.git("config", "user.name", "A Promoter")
    past.git("config", "user.email", "promoter@example.test")
    past.run_in("one", "v2")
    ask(past, "{runs_before: 9999d}")
    past.record()
    words = ("promote", "v2", "--env", "two", "--commit")
    head = past.head()
    assert "the gates of two keep v2 out" in past.refused(*words)
    # What opens a gate only in the work tree opens nothing.
    past.edit("fleetops.yaml", "9999d", "1m")
    assert "release-too-young" in past.refused(*words)
    assert past.head() == head
    past.record()
    done = past.run(*words)
    assert done.code == 0, done.err
    trailers = past.git("log", "-1", "--format=%(trailers:key=Environment,valueonly)")
    assert trailers.strip() == "two"


def test_a_gate_can_be_opened_with_a_reason(past: PastFleet) -> None:
    past.run_in("one", "v2")
    past.record()
    ask(past, "{runs_before: 9999d, freeze: [" + ALWAYS + "]}")
    burns = ("--because", "It burns")
    young = ("promote", "v2", "--env", "two", "--accept", "release-too-young", *burns)
    frozen = ("--accept", "environment-frozen", *burns)
    assert "environment-frozen" in past.refused(*young)
    accepted = past.json(*young, *frozen).data["accepted"]
    assert [one["rule"] for one in accepted] == ["release-too-young", "environment-frozen"]
    past.record()
    assert "environment-frozen" in past.refused("rollback", "--env", "two")
    done = past.run("rollback", "--env", "two", *frozen)
    assert (done.code, "accepted environment-frozen: It burns\n" in done.out) == (0, True)


def test_a_change_is_judged_by_the_gates_that_were_there_before_it(past: PastFleet) -> None:
    ask(past, "{runs_before: 2d, freeze: [" + ALWAYS + "], approvals: codeowners}")
    past.write("CODEOWNERS", "/overlays/ @ops\n")
    past.record(day=1)
    past.run_in("one", "v2")
    past.record(day=2)
    assert past.json("validate", "--from", "HEAD").data["findings"] == []
    past.write("fleetops.yaml", FLEETOPS)
    past.run_in("two", "v2")
    (past.root / "CODEOWNERS").unlink()
    past.record(day=3)

    def found(day: float, start: str) -> set[str]:
        fleet = replace(open_fleet(past.root), clock=lambda: at(day))
        request = validation.Request(since=validation.Since(start))
        return {one.check for one in validation.validate(fleet, request, print).findings}

    always = {"file-without-owner", "safeguard-loosened"}
    assert found(3, "HEAD~1") == {"environment-frozen", "release-too-young"} | always
    assert found(4, "HEAD~1") == {"environment-frozen"} | always
    assert found(3, "HEAD") == set()
    past.run_in("two", "v1")
    assert found(3, "HEAD~1") == always


def test_what_is_no_release_did_not_run_before(past: PastFleet) -> None:
    ask(past, "{runs_before: 2d}")
    past.record()
    past.run_in("two", "v9")
    (past.root / "releases/v2.yaml").rename(past.root / "releases/v9.yaml")
    past.edit("releases/v9.yaml", "release: v2", "release: v9")
    findings = past.json("validate", "--from", "HEAD").data["findings"]
    assert {one["check"] for one in findings} >= {"release-too-young"}
    # Without a catalogue no check knows a release either.
    for path in (past.root / "releases").iterdir():
        path.unlink()
    findings = past.json("validate", "--from", "HEAD").data["findings"]
    assert [one["check"] for one in findings] == ["release-too-young"]
    assert "it comes to run no release as a whole" in findings[0]["message"]


def test_owners_are_those_of_the_git_repository_also_of_a_commit(tmp_path: Path) -> None:
    past = PastFleet.make(tmp_path, "fleet")
    past.git("config", "user.name", "A Promoter")
    past.git("config", "user.email", "promoter@example.test")
    for environment in ("one", "two"):
        past.run_in(environment, "v1")
    ask(past, "{approvals: codeowners}")
    owners = past.root.parent / "CODEOWNERS"
    owners.write_text("/fleet/overlays/ @ops\n")
    past.record()
    past.run_in("one", "v2")
    past.record()
    words = ("promote", "v2", "--env", "two", "--branch")
    assert past.run(*words).code == 0
    # An owner who is only in the work tree is asked by nobody.
    owners.unlink()
    past.record()
    owners.write_text("/fleet/overlays/ @ops\n")
    assert "the repository has no CODEOWNERS file (commit " in past.refused(*words)


def test_what_ran_there_before_is_gone_back_to(past: PastFleet) -> None:
    past.run_in("two", "v3")
    ask(past, "{runs_before: 2d}")
    past.record(day=1)
    past.run_in("one", "v3")
    past.record(day=2)
    past.run_in("one", "v1")
    past.run_in("two", "v1")
    assert past.json("validate", "--from", "HEAD").data["findings"] == []
    past.run_in("two", "v2")
    findings = past.json("validate", "--from", "HEAD").data["findings"]
    assert [one["check"] for one in findings] == ["release-too-young"]


@pytest.mark.parametrize(
    ("place", "text", "lacking"),
    [
        ("CODEOWNERS", "/overlays/two/ @org/operators\n", []),
        (".github/CODEOWNERS", "* ops@example.test\n/overlays/two/\n", [".github/CODEOWNERS"]),
        (".gitlab/CODEOWNERS", "[Operations] @ops\noverlays/two/\n", []),
        (".gitea/CODEOWNERS", "overlays/two/.* @ops\n", []),
        ("docs/CODEOWNERS", "/overlays/one/ @ops\n", ["docs/CODEOWNERS"]),
    ],
)
def test_every_file_of_an_overlay_has_an_owner(
    place: str, text: str, lacking: list[str], past: PastFleet
) -> None:
    ask(past, "{approvals: codeowners}")
    assert "the repository has no CODEOWNERS file" in past.run("validate", "--env", "two").out
    past.write(place, text)
    done = past.json("validate")
    assert done.code == (1 if lacking else 0)
    assert [(one["check"], one["file"], one["message"]) for one in done.data["findings"]] == [
        ("file-without-owner", TWO, f"{place} gives {TWO} no owner") for place in lacking
    ]
    past.run_in("one", "v2")
    past.record()
    assert [check for check, _ in kept_out(past, 1)] == ["file-without-owner"] * len(lacking)


@pytest.mark.parametrize(
    ("gates", "line", "said"),
    [
        ("{runs_before: 1 day}", 9, "cannot stand here: "),
        ("{runs_before: 0h}", 9, "cannot stand here: "),
        ("{freezes: []}", 9, "unknown key 'freezes'"),
        ("{approvals: people}", 9, "'people' is none of codeowners"),
        *((FREEZE.format(start, end, zone), line, said) for start, end, zone, line, said in WRONG),
    ],
)
def test_what_could_mean_two_things_is_refused(
    gates: str, line: int, said: str, past: PastFleet
) -> None:
    ask(past, gates)
    words = past.refused("status")
    assert f"fleetops.yaml:{line}: " in words
    assert said in words


def test_the_first_environment_has_none_before_it(past: PastFleet) -> None:
    past.edit("fleetops.yaml", "overlays/one\n", "overlays/one\n    gates: {runs_before: 1h}\n")
    assert "fleetops.yaml:5: there is no environment before this one" in past.refused("status")


@pytest.mark.parametrize("check", ["release-too-young", "environment-frozen", "file-without-owner"])
def test_each_gate_has_a_page(check: str, past: PastFleet) -> None:
    assert past.run("explain", check).out.startswith(f"{check} (error): ")


def test_a_release_of_the_other_images_opens_no_gate(past: PastFleet) -> None:
    other = WEB.partition("---\n")[2].replace("web", "db").replace("test/db", "test/db:1")
    past.write("base/db.yaml", other)
    past.write("base/kustomization.yaml", "resources: [web.yaml, db.yaml]\n")
    ask(past, "{runs_before: 1m}")
    start = past.record("With a database")
    past.record("Later")
    past.run_in("two", "v9")
    images = "{db: {name: example.test/db, tag: '1'}}"
    past.write("releases/zz.yaml", f"release: zz\nimages: {images}\n")
    done = past.json("validate", "--from", start, "--env", "two")
    assert "release-too-young" in [check for check, _, _ in done.findings]


@pytest.mark.parametrize("written", ["overlays/two/base", "overlays/two"])
def test_a_link_has_to_have_an_owner_too(past: PastFleet, written: str) -> None:
    path = past.root / written
    if path.exists():
        path.rename(past.root / "overlays/real")
        path.symlink_to("real")
    else:
        past.write("overlays/two/kustomization.yaml", "resources: [base]\n")
        path.symlink_to("../../base")
    past.write("CODEOWNERS", "/overlays/real/ @ada\n/overlays/two/kustomization.yaml @ada\n")
    ask(past, "{approvals: codeowners}")
    done = past.json("validate", "--env", "two")
    assert ("file-without-owner", written) in [(one[0], one[1]) for one in done.findings]


def test_an_overlay_at_the_top_has_owners_too(past: PastFleet) -> None:
    past.write("kustomization.yaml", "resources: [base]\n")
    past.edit("fleetops.yaml", "overlay: overlays/two", "overlay: .")
    past.write("CODEOWNERS", "/nothing @ada\n")
    ask(past, "{approvals: codeowners}")
    done = past.json("validate", "--env", "two")
    assert "file-without-owner" in [check for check, _, _ in done.findings]
