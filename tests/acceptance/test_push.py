"""A promotion that is pushed: on what the remote has now, whoever else pushes at the same time."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, FleetCopy
from smallfleet import KUSTOMIZATION, RELEASE, SERVICE

if TYPE_CHECKING:
    from pathlib import Path

    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

PROMOTERS = 20
FILE = "overlays/one/kustomization.yaml"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: shop}\n"
PUSH = ("promote", "v2", "--env", "one", "--push")


@pytest.fixture
def bare(small: SmallFleet, tmp_path: Path) -> Path:
    """Give a bare repository that the small fleet is the first clone of."""
    small.objects(OBJECT)
    names = [f"e{number}" for number in range(PROMOTERS)]
    for name in names:
        shutil.copytree(small.root / "overlays" / "one", small.root / "overlays" / name)
        entry = f'  - {{name: {name}, overlay: overlays/{name}, kubernetes: ["1.37"]}}\n'
        small.append("fleetops.yaml", entry)
    for number in range(PROMOTERS):
        small.write(f"releases/r{number}.yaml", RELEASE.format(name=f"r{number}"))
    small.commit()
    path = tmp_path / "bare.git"
    small.git("clone", "--quiet", "--bare", ".", str(path))
    small.git("remote", "add", "origin", str(path))
    introduce(small)
    return path


def introduce(fleet: FleetCopy) -> None:
    fleet.git("config", "user.name", "A Promoter")
    fleet.git("config", "user.email", "promoter@example.test")


def clone(bare: Path, folder: Path) -> FleetCopy:
    """Clone the repository, as a promoter of its own would."""
    (folder / "tmp").mkdir(parents=True)
    words = ["git", "clone", "--quiet", str(bare), str(folder / "repository")]
    subprocess.run(words, env=ENVIRONMENT, check=True)
    fleet = FleetCopy(folder / "repository")
    introduce(fleet)
    return fleet


def log(fleet: FleetCopy, bare: Path) -> list[str]:
    """Give the subjects on the remote's main, the newest first."""
    return fleet.git("--git-dir", str(bare), "log", "--format=%s", "main").splitlines()


def show(fleet: FleetCopy, bare: Path, path: str) -> str:
    return fleet.git("--git-dir", str(bare), "show", f"main:{path}")


def here(fleet: FleetCopy) -> tuple[str, ...]:
    """Take down what is here, but for what is known of the remote."""
    questions = (("for-each-ref", "refs/heads"), ("ls-files", "--stage"), ("status", "--porcelain"))
    return (*(fleet.git(*one) for one in questions), str(fleet.snapshot()))


def test_what_decides_is_what_the_remote_says(small: SmallFleet, bare: Path) -> None:
    other = clone(bare, small.root.parent / "other")

    def publish(path: str, text: str) -> None:
        other.append(path, text)
        other.commit()
        other.git("push", "--quiet", "origin", "main")

    lost = SERVICE.replace("{app: web}", "{app: lost}")
    excuse = "check: service-selects-nothing, resource: Service/web, reason: An operator fills it"
    publish("overlays/one/objects.yaml", f"---\n{lost}")
    small.append("fleetops.yaml", f"exceptions: [{{{excuse}}}]\n")
    assert "[service-selects-nothing]" in small.refused(*PUSH)
    publish("fleetops.yaml", f"exceptions: [{{{excuse}}}]\n")
    publish("fleetops.yaml", "registries: [elsewhere.test]\n")
    assert "[registry-not-allowed]" in small.refused(*PUSH)
    small.append("fleetops.yaml", "registries: [elsewhere.test]\n")
    other.edit("fleetops.yaml", "elsewhere.test", "example.test")
    publish("fleetops.yaml", "")
    assert small.run(*PUSH).code == 0


def test_it_is_on_the_remote_and_nothing_is_changed_here(small: SmallFleet, bare: Path) -> None:
    small.append(FILE, "# Mine.\n")
    small.write("new.txt", "staged")
    small.git("add", "new.txt")
    before = here(small)
    done = small.run(*PUSH)
    assert done.code == 0, done.err
    assert done.out.endswith(" to main of origin\n")
    assert here(small) == before
    assert log(small, bare) == ["Promote v2 in one", "as it is"]
    assert show(small, bare, FILE) == KUSTOMIZATION.replace("v1", "v2")


def test_it_follows_what_others_have_pushed_meanwhile(
    small: SmallFleet, bare: Path, tmp_path: Path
) -> None:
    other = clone(bare, tmp_path / "other")
    other.append(FILE, "# Theirs.\n")
    other.commit()
    other.git("push", "--quiet")
    assert small.run(*PUSH).code == 0
    assert log(small, bare) == ["Promote v2 in one", "as it is", "as it is"]
    assert show(small, bare, FILE).endswith("newTag: v2\n# Theirs.\n")


def test_it_is_proven_on_what_others_have_pushed(
    small: SmallFleet, bare: Path, tmp_path: Path
) -> None:
    other = clone(bare, tmp_path / "other")
    other.edit("overlays/one/web.yaml", "kind: Deployment", "kind: Deploiment")
    other.commit()
    other.git("push", "--quiet")
    before = log(small, bare)
    assert "Deploiment" in small.refused(*PUSH)
    assert log(small, bare) == before


def test_what_the_remote_refuses_is_said_in_its_words(small: SmallFleet, bare: Path) -> None:
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho main is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    before = log(small, bare)
    said = small.refused(*PUSH)
    assert "fleetops: origin refuses the push to main\n" in said
    assert "main is protected" in said
    assert log(small, bare) == before


def test_a_pre_push_hook_can_refuse(small: SmallFleet, bare: Path) -> None:
    hook = small.root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not on a Friday >&2\nexit 1\n")
    hook.chmod(0o755)
    assert "not on a Friday" in small.refused(*PUSH)
    assert log(small, bare) == ["as it is"]


def test_the_password_in_an_address_is_not_said(small: SmallFleet, bare: Path) -> None:
    small.git("remote", "set-url", "origin", "http://somebody:opensesame@127.0.0.1:1/fleet.git")
    said = small.refused(*PUSH)
    assert "127.0.0.1:1/fleet.git" in said
    assert "opensesame" not in said
    assert log(small, bare) == ["as it is"]


def test_a_remote_that_is_not_there_is_named(small: SmallFleet, bare: Path) -> None:
    assert bare.exists()
    said = small.refused(*PUSH, "upstream", code=2)
    assert "there is no remote 'upstream'\n  known are: origin\n" in said
    said = small.refused(*PUSH, "https://ada:pa55word@git.test/fleet", code=2)
    assert "there is no remote of that address\n" in said
    assert "pa55word" not in said


@pytest.mark.parametrize("race", ["different files", "the same file", "the same release"])
def test_of_many_promotions_at_once_none_is_lost_and_none_is_doubled(
    race: str, small: SmallFleet, bare: Path, tmp_path: Path
) -> None:
    wishes = {
        "different files": [("v2", f"e{number}") for number in range(PROMOTERS)],
        "the same file": [(f"r{number}", "one") for number in range(PROMOTERS)],
        "the same release": [("v2", "one")] * PROMOTERS,
    }[race]
    clones = [clone(bare, tmp_path / str(number)) for number in range(PROMOTERS)]
    processes = [
        one.start("promote", release, "--env", env, "--force-order", "--push")
        for one, (release, env) in zip(clones, wishes, strict=True)
    ]
    ends = [one.end(process) for one, process in zip(clones, processes, strict=True)]
    assert [done.err for done in ends if done.code] == []
    subjects = log(small, bare)
    expected = {f"Promote {release} in {env}" for release, env in wishes}
    assert sorted(subjects) == sorted([*expected, "as it is"])
    for release, env in wishes:
        if race != "the same file":
            assert f"newTag: {release}\n" in show(small, bare, f"overlays/{env}/kustomization.yaml")
    last = subjects[0].split()[1]
    if race == "the same file":
        assert f"newTag: {last}\n" in show(small, bare, FILE)
    small.git("--git-dir", str(bare), "fsck", "--strict")


def test_a_shallow_clone_can_push(small: SmallFleet, bare: Path, tmp_path: Path) -> None:
    other = clone(bare, tmp_path / "other")
    other.git("commit", "--quiet", "--allow-empty", "--message=later")
    other.git("push", "--quiet")
    words = ["git", "clone", "--quiet", "--depth=1", f"file://{bare}", str(tmp_path / "s" / "r")]
    subprocess.run(words, env=ENVIRONMENT, check=True)
    (tmp_path / "s" / "tmp").mkdir()
    shallow = FleetCopy(tmp_path / "s" / "r")
    introduce(shallow)
    assert shallow.run(*PUSH).code == 0
    assert log(small, bare) == ["Promote v2 in one", "later", "as it is"]
