"""Pull requests of promotions on a real Gitea."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct

from fleetops.api.results.rehearsal import Rehearsal, ReplacedPods
from fleetops.output.json import as_json
from forges.gitea import USER, gitea_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleetcopy import Done, FleetCopy
    from forges.gitea import Gitea

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
WRONG = "opensesame"
PULL = ("--env", "aws", "--pr", "--forge", "gitea")


class Project(Struct, frozen=True):
    """The fleet as a repository on Gitea, and a clone of it."""

    fleet: FleetCopy
    gitea: Gitea
    path: str
    """Of the repository in the API."""
    remote: str

    def promote(self, *words: str, **environment: str) -> Done:
        return self.fleet.run("promote", *words, GITEA_TOKEN=self.gitea.token, **environment)

    def pulls(self, state: str = "open") -> list[dict[str, Any]]:
        return list(self.gitea.ask("GET", f"{self.path}/pulls?state={state}"))

    def log(self, branch: str) -> list[str]:
        self.fleet.git("fetch", "--quiet", "--prune")
        return self.fleet.git("log", "--format=%s", f"origin/{branch}").splitlines()


@pytest.fixture(scope="module")
def gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    """Give a Gitea, once for all tests of the module."""
    with gitea_in(tmp_path_factory.mktemp("gitea")) as gitea:
        yield gitea


@pytest.fixture
def project(fleet: FleetCopy, gitea: Gitea, tmp_path: Path) -> Project:
    """Give a repository of its own on Gitea, with the fleet on its main."""
    name = f"fleet-{tmp_path.name.replace('_', '-')}"
    introduce(fleet)
    fleet.commit()
    remote = gitea.remote(name)
    fleet.git("remote", "add", "origin", remote)
    fleet.git("push", "--quiet", "--set-upstream", "origin", "main")
    return Project(fleet, gitea, f"/repos/{USER}/{name}", remote)


def introduce(fleet: FleetCopy) -> None:
    for words in (("user.name", "A Promoter"), ("user.email", "promoter@example.test")):
        fleet.git("config", *words)


def not_alone(fleet: FleetCopy, place: Path) -> None:
    """Let nobody push before a second one, who has seen the same remote, is about to as well."""
    place.mkdir(exist_ok=True)
    come = f"touch '{place}'/$$; for turn in $(seq 600); do"
    enough = f"[ $(ls '{place}' | wc -l) -ge 2 ] && exit 0; sleep 0.1; done; exit 1"
    hook = fleet.root / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{come} {enough}\n")
    hook.chmod(0o755)


def test_a_pull_request_is_opened_and_says_what_changes(project: Project) -> None:
    before = project.fleet.snapshot()
    done = project.promote("release3", *PULL)
    assert done.code == 0, done.err
    (pull,) = project.pulls()
    assert done.out.endswith(f"opened pull request {pull['number']}: {pull['html_url']}\n")
    assert pull["title"] == "Promote release3 in aws"
    assert (pull["head"]["ref"], pull["base"]["ref"]) == ("promote/aws", "main")
    assert "position-tracker  release2  ->  release3" in pull["body"]
    assert "### What changes in the render\n" in pull["body"]
    (line,) = (one for one in pull["body"].splitlines() if "containers[position-tracker]" in one)
    assert line.endswith(f"({AWS}:{project.fleet.line(AWS, 'position-tracker') + 1})")
    assert "Validated: nothing is wrong." in pull["body"]
    files = project.gitea.ask("GET", f"{project.path}/pulls/{pull['number']}/files")
    assert [file["filename"] for file in files] == [AWS]
    assert project.log("promote/aws") == ["Promote release3 in aws", "as it is"]
    assert project.fleet.snapshot() == before
    assert project.fleet.git("status", "--porcelain") == ""


def test_the_second_promotion_updates_it(project: Project) -> None:
    project.promote("release3", *PULL)
    (first,) = project.pulls()
    done = project.promote("release1", "--force-order", *PULL)
    assert done.code == 0, done.err
    (pull,) = project.pulls()
    assert pull["number"] == first["number"]
    assert f"updated pull request {pull['number']}: " in done.out
    assert pull["title"] == "Promote release1 in aws"
    assert "->  release1" in pull["body"]
    assert "release3" not in pull["body"]
    assert project.log("promote/aws") == ["Promote release1 in aws", "as it is"]


def test_the_same_promotion_again_pushes_nothing(project: Project) -> None:
    project.promote("release3", *PULL)
    (first,) = project.pulls()
    assert project.promote("release3", *PULL).code == 0
    (pull,) = project.pulls()
    assert pull["head"]["sha"] == first["head"]["sha"]


@pytest.mark.parametrize("branch", ["kept", "deleted"])
def test_a_closed_one_is_opened_anew(branch: str, project: Project) -> None:
    project.promote("release3", *PULL)
    (first,) = project.pulls()
    project.gitea.ask("PATCH", f"{project.path}/pulls/{first['number']}", state="closed")
    if branch == "deleted":
        project.fleet.git("push", "--quiet", "origin", ":promote/aws")
    done = project.promote("release3", *PULL)
    assert done.code == 0, done.err
    (pull,) = project.pulls()
    assert pull["number"] > first["number"]
    done = project.promote("release1", "--force-order", *PULL)
    assert f"updated pull request {pull['number']}: " in done.out, done.err


def test_a_merged_one_has_nothing_left_to_do(project: Project) -> None:
    project.promote("release3", *PULL)
    (pull,) = project.pulls()
    path = f"{project.path}/pulls/{pull['number']}/merge"
    for _ in range(100):
        if project.gitea.ask("GET", f"{project.path}/pulls/{pull['number']}")["mergeable"]:
            break
        time.sleep(0.1)
    project.gitea.ask("POST", path, Do="merge")
    done = project.promote("release3", *PULL)
    assert (done.code, done.out) == (0, "aws runs release3 already; nothing changes\n")
    assert project.promote("release2", "--force-order", *PULL).code == 0
    (after,) = project.pulls()
    assert after["number"] > pull["number"]


def test_going_back_says_so(project: Project) -> None:
    assert project.fleet.run("promote", "release3", "--env", "aws", "--commit").code == 0
    project.fleet.git("push", "--quiet")
    done = project.fleet.run("rollback", *PULL, GITEA_TOKEN=project.gitea.token)
    assert done.code == 0, done.err
    (pull,) = project.pulls()
    assert pull["title"] == "Roll aws back to release2"
    assert project.log("promote/aws")[0] == "Roll aws back to release2"


def test_each_environment_has_one_of_its_own(project: Project) -> None:
    done = project.promote("release1", "--force-order", "--env", "local", *PULL)
    assert done.code == 0, done.err
    titles = {pull["title"]: pull["head"]["ref"] for pull in project.pulls()}
    assert titles == {
        "Promote release1 in local": "promote/local",
        "Promote release1 in aws": "promote/aws",
    }


def test_what_somebody_has_added_to_the_branch_is_not_overwritten(project: Project) -> None:
    project.promote("release3", *PULL)
    project.fleet.git("fetch", "--quiet")
    project.fleet.git("switch", "--quiet", "--create", "mine", "origin/promote/aws")
    project.fleet.git("commit", "--quiet", "--allow-empty", "--message=by hand")
    project.fleet.git("push", "--quiet", "origin", "mine:promote/aws")
    project.fleet.git("switch", "--quiet", "main")
    done = project.promote("release1", "--force-order", *PULL)
    assert done.code == 1
    assert "the branch promote/aws has a commit that is no promotion" in done.err
    assert project.log("promote/aws")[0] == "by hand"


def test_of_many_promoters_at_once_the_last_has_branch_and_pull_request(
    project: Project, gitea: Gitea, tmp_path: Path
) -> None:
    releases = ("release3", "release1", "release3", "release1", "release3")
    clones = []
    for number in range(len(releases)):
        (tmp_path / str(number) / "tmp").mkdir(parents=True)
        clones.append(type(project.fleet)(tmp_path / str(number) / "repository"))
        project.fleet.git("clone", "--quiet", project.remote, str(clones[-1].root))
        introduce(clones[-1])
        not_alone(clones[-1], tmp_path / "about-to-push")
    processes = [
        one.start("promote", release, "--force-order", *PULL, GITEA_TOKEN=gitea.token)
        for one, release in zip(clones, releases, strict=True)
    ]
    ends = [one.end(process) for one, process in zip(clones, processes, strict=True)]
    assert [done.err for done in ends if done.code] == []
    assert any("of origin has moved on; planning again" in done.err for done in ends)
    (pull,) = project.pulls()
    subject, *before = project.log("promote/aws")
    assert before == ["as it is"]
    assert pull["title"] == subject
    release = subject.split()[1]
    assert f"->  {release}" in pull["body"]
    assert f"newTag: {release}" in project.fleet.git("show", f"origin/promote/aws:{AWS}")


def test_the_configuration_can_say_what_the_host_is(project: Project) -> None:
    words = ("release3", "--env", "aws", "--pr")
    said = project.promote(*words)
    assert said.code == 2
    assert "which kind of forge is 127.0.0.1?" in said.err
    project.fleet.append("fleetops.yaml", "forge: gitea\n")
    project.fleet.commit()
    project.fleet.git("push", "--quiet")
    assert project.promote(*words).code == 0


def test_a_rehearsal_is_part_of_it(project: Project, tmp_path: Path) -> None:
    rehearsal = Rehearsal(
        ok=True,
        release="release3",
        environment="aws",
        start="the work tree",
        before="release2",
        kubernetes="v1.37.2",
        objects=(),
        pods=(ReplacedPods(resource="Deployment/fleetman/```\n# position-tracker", pods=1),),
        services=(),
        claims=(),
        stood_in=(),
        findings=(),
        seconds=1.5,
    )
    file = tmp_path / "rehearsal.json"
    file.write_text(as_json(rehearsal))
    done = project.promote("release3", *PULL, "--rehearsal", str(file))
    assert done.code == 0, done.err
    (pull,) = project.pulls()
    assert "### Rehearsed\n\n````text\naws from release2 to release3, on" in pull["body"]
    assert "```\\x0a# position-tracker 1\n" in pull["body"]
    assert "rehearsed in 1.5 s\n````\n" in pull["body"]
    said = project.promote("release2", *PULL, "--rehearsal", str(file))
    assert (said.code, "is of release3 in aws" in said.err) == (2, True)
    file.write_text("{}")
    said = project.promote("release3", *PULL, "--rehearsal", str(file))
    assert (said.code, "holds no rehearsal" in said.err) == (2, True)


def test_a_token_that_is_wrong_is_said_but_not_shown(project: Project) -> None:
    done = project.fleet.run("promote", "release3", *PULL, GITEA_TOKEN=WRONG)
    assert done.code == 1
    assert "127.0.0.1 answers with 401" in done.err
    assert WRONG not in done.out + done.err
    assert project.gitea.token not in done.out + done.err


def test_markdown_in_the_repository_is_text(project: Project) -> None:
    name = "r4 `![x](x)` @promoter <b>"
    text = project.fleet.read("releases/release3.yaml").replace("tag: release3", "tag: release4")
    text = text.replace("release: release3", f"release: '{name}'")
    project.fleet.write(f"releases/{name}.yaml", text)
    project.fleet.commit()
    project.fleet.git("push", "--quiet")
    done = project.promote(name, "--force-order", *PULL)
    assert done.code == 0, done.err
    (pull,) = project.pulls()
    html = project.gitea.ask("POST", "/markdown", Text=pull["body"], Mode="gfm")
    assert "<img" not in html
    assert "<b>" not in html
    assert 'class="mention"' not in html
