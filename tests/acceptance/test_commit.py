"""A promotion as one commit: of exactly its files, and of nothing that is anybody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
LOCAL = "overlays/local/kustomization.yaml"
QUEUE = "base/queue/kustomization.yaml"
PROMOTE = ("promote", "release3", "--env", "aws")
HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
MESSAGE = """\
Promote release3 in aws

position-tracker  release2 -> release3

Release: release3
Environment: aws
From: release2
"""


@pytest.fixture
def kept(fleet: FleetCopy) -> FleetCopy:
    """Give the fleet with everything committed."""
    fleet.git("config", "user.name", "A Promoter")
    fleet.git("config", "user.email", "promoter@example.test")
    fleet.commit()
    return fleet


def hook(fleet: FleetCopy, name: str, script: str) -> None:
    path = fleet.root / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def changed(fleet: FleetCopy, commit: str = "HEAD") -> list[str]:
    return fleet.git("show", "--format=", "--name-only", commit).splitlines()


def state(fleet: FleetCopy) -> tuple[str, ...]:
    """Take down what a refusal must leave: refs, HEAD, index and the whole work tree."""
    questions = (
        ("for-each-ref",),
        ("symbolic-ref", "HEAD"),
        ("ls-files", "--stage"),
        ("status", "--porcelain", "--ignored"),
    )
    return (*(fleet.git(*one) for one in questions), str(fleet.snapshot()))


def refused(fleet: FleetCopy, *words: str, code: int = 1) -> str:
    before = state(fleet)
    said = fleet.refused(*PROMOTE, *words, code=code)
    assert state(fleet) == before
    return said


def test_one_commit_holds_the_file_and_says_what_it_does(kept: FleetCopy) -> None:
    before = kept.git("rev-parse", "HEAD")
    done = kept.run(*PROMOTE, "--commit")
    head = kept.git("rev-parse", "HEAD").strip()
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"commit {head[:12]} on main\n")
    assert kept.git("rev-parse", "HEAD^") == before
    assert changed(kept) == [AWS]
    assert kept.git("log", "-1", "--format=%an <%ae>%n%B") == (
        f"A Promoter <promoter@example.test>\n{MESSAGE}\n"
    )
    assert kept.git("status", "--porcelain") == ""
    assert "newTag: release3" in kept.read(AWS)
    assert kept.git("reflog", "-1", "--format=%gs") == "commit: Promote release3 in aws\n"
    kept.git("fsck", "--strict")


def test_the_trailers_are_read_by_git(kept: FleetCopy) -> None:
    kept.run(*PROMOTE, "--commit")
    trailers = kept.git("log", "-1", "--format=%(trailers:only)").splitlines()
    assert trailers[:3] == ["Release: release3", "Environment: aws", "From: release2"]


def test_a_danger_that_is_accepted_is_a_trailer(kept: FleetCopy) -> None:
    text = kept.read("releases/release3.yaml").replace("3.6.5-jessie", "3.4.2")
    kept.write("releases/older.yaml", text.replace("release: release3", "release: older"))
    kept.commit()
    words = ("promote", "older", "--env", "local", "--commit")
    assert "[database-downgraded]" in kept.refused(*words)
    reason = "restored from\nRelease: release9"
    done = kept.run(*words, "--accept", "database-downgraded", "--because", reason)
    assert done.code == 0, done.err
    asked = "--format=%(trailers:key=Accepted,valueonly)%(trailers:key=Release,valueonly)"
    assert kept.git("log", "-1", asked).splitlines()[:2] == [
        "database-downgraded because restored from Release: release9",
        "older",
    ]


@pytest.mark.parametrize("way", ["--commit", "--branch"])
def test_what_is_mended_but_not_committed_is_to_be_committed(kept: FleetCopy, way: str) -> None:
    plain, line = kept.read(AWS), kept.line(AWS, "position-tracker") + 1
    kept.edit(AWS, "position-tracker\n    newTag: ", "position-tracker\n    newTag: &tag ")
    kept.commit()
    head = kept.git("rev-parse", "HEAD")[:12]
    said = f"{AWS}:{line}: newTag is no plain or quoted word of its own (commit {head})\n"
    by_hand, to_commit = "edit this place by hand", "the work tree's file is another one: commit"
    told = refused(kept, way)
    assert (said in told, by_hand in told, to_commit in told) == (True, True, False)
    kept.write(AWS, plain)
    told = refused(kept, way)
    assert (said in told, by_hand in told, to_commit in told) == (True, False, True)
    kept.commit()
    assert kept.run(*PROMOTE, way).code == 0


def test_several_environments_are_one_commit(kept: FleetCopy) -> None:
    words = ("promote", "release1", "--env", "aws", "--env", "local", "--commit")
    assert kept.run(*words).code == 0
    assert changed(kept) == [AWS, LOCAL]
    message = kept.git("log", "-1", "--format=%B")
    assert message.startswith("Promote release1 in local, aws\n")
    assert "\nEnvironment: local\nFrom: release3\nEnvironment: aws\nFrom: release2\n" in message
    assert kept.git("status", "--porcelain") == ""


def test_several_environments_are_written_all_or_none(kept: FleetCopy) -> None:
    kept.edit("overlays/aws/storageclass.yaml", "provisioner: ", "provisoner: ")
    words = ("promote", "release1", "--env", "local", "--env", "aws")
    kept.refused(*words)
    kept.edit("overlays/aws/storageclass.yaml", "provisoner: ", "provisioner: ")
    assert kept.run(*words).code == 0
    assert kept.git("diff", "--name-only").splitlines() == [AWS, LOCAL]


def test_what_others_have_changed_or_staged_is_neither_committed_nor_lost(kept: FleetCopy) -> None:
    kept.append(QUEUE, "# Changed.\n")
    kept.append("base/mongodb/kustomization.yaml", "# Staged.\n")
    kept.write("new.txt", "staged")
    kept.git("add", "new.txt", "base/mongodb")
    kept.append("base/mongodb/kustomization.yaml", "# And changed.\n")
    kept.write("untracked.txt", "untracked")
    before = kept.git("status", "--porcelain"), kept.git("diff"), kept.git("diff", "--cached")
    assert kept.run(*PROMOTE, "--commit").code == 0
    assert changed(kept) == [AWS]
    after = kept.git("status", "--porcelain"), kept.git("diff"), kept.git("diff", "--cached")
    assert after == before


def test_what_is_not_committed_is_no_part_of_the_proof(kept: FleetCopy) -> None:
    kept.edit("base/queue/deployment.yaml", "kind: Deployment", "kind: Deploiment")
    assert kept.run(*PROMOTE, "--commit").code == 0
    kept.git("commit", "--quiet", "--all", "--message=broken")
    assert kept.refused("promote", "release2", "--env", "aws", "--commit", "--force-order")


def test_a_release_that_is_not_committed_does_not_exist(kept: FleetCopy) -> None:
    text = kept.read("releases/release3.yaml").replace("release: release3", "release: release4")
    kept.write("releases/release4.yaml", text)
    before = state(kept)
    said = kept.refused("promote", "release4", "--env", "local", "--commit", code=2)
    head = kept.git("rev-parse", "HEAD")[:12]
    assert f"releases/release4.yaml is not in commit {head}\n  commit it first" in said
    assert state(kept) == before


def test_a_promotion_that_is_in_the_work_tree_already_is_committed(kept: FleetCopy) -> None:
    assert kept.run(*PROMOTE).code == 0
    assert kept.run(*PROMOTE, "--commit").code == 0
    assert (changed(kept), kept.git("status", "--porcelain")) == ([AWS], "")


def test_what_runs_already_is_not_committed_again(kept: FleetCopy) -> None:
    kept.run(*PROMOTE, "--commit")
    before = state(kept)
    done = kept.run(*PROMOTE, "--commit")
    assert (done.code, done.out) == (0, "aws runs release3 already; nothing changes\n")
    assert state(kept) == before


@pytest.mark.parametrize("stage", [False, True])
def test_a_file_with_other_changes_is_refused(stage: bool, kept: FleetCopy) -> None:  # noqa: FBT001
    kept.append(AWS, "# Mine.\n")
    if stage:
        kept.git("add", AWS)
    assert f"{AWS}: has changes that are not committed" in refused(kept, "--commit")


def test_a_file_with_staged_changes_is_refused(kept: FleetCopy) -> None:
    text = kept.read(AWS)
    kept.append(AWS, "# Mine.\n")
    kept.git("add", AWS)
    kept.write(AWS, text)
    assert f"{AWS}: has staged changes" in refused(kept, "--commit")


def test_the_hooks_run_as_git_runs_them(kept: FleetCopy, tmp_path: Path) -> None:
    log = tmp_path / "hooks.log"
    for name in HOOKS:
        hook(
            kept, name, f'echo "{name} $# $GIT_EDITOR" >> {log}; git diff --cached --stat >> {log}'
        )
    hook(kept, "commit-msg", f'echo "Change-Id: I1" >> "$1"; echo "commit-msg $#" >> {log}')
    kept.write("new.txt", "staged")
    kept.git("add", "new.txt")
    assert kept.run(*PROMOTE, "--commit").code == 0
    lines = log.read_text().splitlines()
    heads = [line for line in lines if line.startswith(HOOKS)]
    assert heads == ["pre-commit 0 :", "prepare-commit-msg 2 :", "commit-msg 1", "post-commit 0 :"]
    # They see what is committed; after it, what the user has staged is there again.
    assert [line.split()[0] for line in lines if "|" in line] == [AWS, AWS, "new.txt"]
    trailers = kept.git("log", "-1", "--format=%(trailers:only)")
    assert trailers.startswith("Release: release3\n")
    assert "Change-Id: I1" in trailers


@pytest.mark.parametrize("name", HOOKS[:3])
@pytest.mark.parametrize("way", ["--commit", "--branch"])
def test_a_hook_can_refuse(way: str, name: str, kept: FleetCopy) -> None:
    hook(kept, name, "echo the moon is full >&2; exit 1")
    said = refused(kept, way)
    assert f"the {name} hook refuses\n  the moon is full\n  nothing was written\n" in said


def test_a_hook_cannot_change_what_was_proven(kept: FleetCopy) -> None:
    hook(kept, "pre-commit", "echo x > other.txt; git add other.txt; rm other.txt")
    assert "the pre-commit hook changes what is to be committed" in refused(kept, "--commit")


def test_a_ref_that_cannot_move_takes_everything_back(kept: FleetCopy) -> None:
    hook(kept, "reference-transaction", '[ "$1" != prepared ] || ! grep -q HEAD')
    text, before = kept.read(AWS), state(kept)[:-1]
    done = kept.run(*PROMOTE, "--commit")
    assert done.code == 1
    assert "HEAD cannot be moved to the new commit" in done.err
    assert (kept.read(AWS), state(kept)[:-1]) == (text, before)


def test_it_is_signed_where_git_is_set_to_sign(kept: FleetCopy, tmp_path: Path) -> None:
    key = tmp_path / "key"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(words, check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"promoter@example.test {key.with_suffix('.pub').read_text()}")
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingKey", str(key)),
        ("gpg.ssh.allowedSignersFile", str(allowed)),
        ("commit.gpgSign", "true"),
    ):
        kept.git("config", name, value)
    for way in ("--commit", "--branch=promotion"):
        release = {"--commit": "release3", "--branch=promotion": "release2"}[way]
        assert kept.run("promote", release, "--env", "aws", "--force-order", way).code == 0
    for commit in ("main", "promotion"):
        assert kept.git("log", "-1", "--format=%G? %GS", commit) == "G promoter@example.test\n"
    key.unlink()
    before = state(kept)
    kept.refused("promote", "release2", "--env", "aws", "--force-order", "--commit")
    assert state(kept) == before


def test_a_branch_leaves_all_that_is_checked_out(kept: FleetCopy) -> None:
    kept.append(AWS, "# Mine.\n")
    kept.write("new.txt", "staged")
    kept.git("add", "new.txt")
    refs, *before = state(kept)
    done = kept.run(*PROMOTE, "--branch")
    assert done.code == 0
    assert done.out.endswith(" on promote/aws/release3\n")
    new, *after = state(kept)
    assert after == before
    assert new.startswith(refs.rstrip("\n"))
    assert changed(kept, "promote/aws/release3") == [AWS]
    assert kept.git("rev-parse", "promote/aws/release3^") == kept.git("rev-parse", "main")


def test_a_branch_of_a_promotion_is_moved_and_any_other_is_not(kept: FleetCopy) -> None:
    assert kept.run("promote", "release1", "--env", "aws", "--force-order", "--branch=b").code == 0
    assert kept.run(*PROMOTE, "--branch=b").code == 0
    assert kept.git("rev-parse", "b^") == kept.git("rev-parse", "main")
    assert "newTag: release3" in kept.git("show", f"b:{AWS}")
    kept.git("switch", "--quiet", "b")
    kept.git("commit", "--quiet", "--allow-empty", "--message=by hand")
    kept.git("switch", "--quiet", "main")
    assert "the branch b has a commit that is no promotion" in refused(kept, "--branch=b")


def test_a_shallow_clone_does_not_guess_what_is_on_a_branch(
    kept: FleetCopy, tmp_path: Path
) -> None:
    assert kept.run(*PROMOTE, "--branch=b").code == 0
    kept.git("commit", "--quiet", "--allow-empty", "--message=later")
    words = ("--depth=1", "--no-single-branch", f"file://{kept.root}", str(tmp_path / "s" / "r"))
    kept.git("clone", "--quiet", *words)
    (tmp_path / "s" / "tmp").mkdir()
    shallow = type(kept)(tmp_path / "s" / "r")
    for name in ("user.name", "user.email"):
        shallow.git("config", name, "a")
    shallow.git("fetch", "--quiet", "--depth=2", "origin", "b:b")
    assert "git fetch --unshallow" in shallow.refused(*PROMOTE, "--branch=b")
    shallow.git("fetch", "--quiet", "--unshallow")
    assert shallow.run(*PROMOTE, "--branch=b").code == 0


def test_a_branch_that_is_checked_out_is_not_moved(kept: FleetCopy) -> None:
    assert "git branch fails" in refused(kept, "--branch=main")


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "x.lock", "@{-1}"])
def test_what_is_no_name_of_a_branch_is_refused(name: str, kept: FleetCopy) -> None:
    assert "is no name for a branch" in refused(kept, f"--branch={name}", code=2)


def test_nothing_is_committed_in_the_middle_of_a_merge(kept: FleetCopy) -> None:
    kept.git("switch", "--quiet", "--create", "other")
    kept.git("commit", "--quiet", "--allow-empty", "--message=other")
    kept.git("switch", "--quiet", "main")
    kept.git("merge", "--quiet", "--no-commit", "--no-ff", "other")
    assert "a merge is under way" in refused(kept, "--commit")


@pytest.mark.parametrize("lock", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_that_git_left_is_named(lock: str, kept: FleetCopy) -> None:
    path = kept.root / ".git" / lock
    path.touch()
    said = refused(kept, "--commit")
    assert f".git/{lock}: another git is at work in this repository, or was killed" in said
    assert "remove this file" in said
    path.unlink()
    assert kept.run(*PROMOTE, "--commit").code == 0


def lie_below(fleet: FleetCopy, whole: Path) -> FleetCopy:
    """Let the fleet be a folder of a larger repository, in which everything is committed."""
    whole.mkdir()
    fleet.root.rename(whole / "fleet")
    (whole / "fleet" / ".git").rename(whole / ".git")
    (whole / "tmp").mkdir()
    inner = type(fleet)(whole / "fleet")
    inner.write("../beside.txt", "beside")
    inner.commit()
    return inner


def test_a_folder_of_a_larger_repository_is_enough(kept: FleetCopy, tmp_path: Path) -> None:
    inner = lie_below(kept, tmp_path / "whole")
    assert inner.run(*PROMOTE, "--commit").code == 0
    assert changed(inner) == [f"fleet/{AWS}"]
    assert inner.git("status", "--porcelain") == ""


ENDINGS = {
    "autocrlf": ("", ("core.autocrlf", "true")),
    "eol=crlf": ("*.yaml text eol=crlf\n", None),
    "text=auto": ("* text=auto\n", ("core.eol", "crlf")),
    "another encoding": ("overlays/aws/*.yaml text working-tree-encoding=UTF-16LE\n", None),
}


@pytest.mark.parametrize("way", ["--commit", "--branch", "--push"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_commit_is_normal_and_the_work_tree_keeps_its_line_endings(
    ending: str, way: str, kept: FleetCopy, tmp_path: Path
) -> None:
    attributes, setting = ENDINGS[ending]
    committed = kept.git("show", f"HEAD:{AWS}")
    if setting:
        kept.git("config", *setting)
    kept.write(".gitattributes", attributes)
    kept.git("add", ".gitattributes")
    kept.git("commit", "--quiet", "--allow-empty", "--message=how files are written")
    kept.git("rm", "--cached", "--quiet", "-r", ".")
    kept.git("reset", "--quiet", "--hard")
    kept.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    kept.git("remote", "add", "origin", str(tmp_path / "bare.git"))
    written = (kept.root / AWS).read_bytes()
    assert written != committed.encode()
    done = kept.run(*PROMOTE, way)
    assert done.code == 0, done.err
    kept.git("fetch", "--quiet", "origin")
    commit = {"--commit": "HEAD", "--branch": "promote/aws/release3", "--push": "FETCH_HEAD"}[way]
    old, new = "newTag: release2", "newTag: release3"
    at = committed.index(old, committed.index("position-tracker"))
    normal = committed[:at] + committed[at:].replace(old, new)
    assert kept.git("show", f"{commit}:{AWS}") == normal
    assert kept.git("cat-file", "-s", f"{commit}:{AWS}") == f"{len(normal)}\n"
    encoding = "utf-16-le" if ending == "another encoding" else "utf-8"
    text = written.decode(encoding)
    at = text.index(old, text.index("position-tracker"))
    expected = text[:at] + text[at:].replace(old, new) if way == "--commit" else text
    assert (kept.root / AWS).read_bytes() == expected.encode(encoding)
    assert kept.git("status", "--porcelain") == ""


def test_line_endings_that_git_would_not_write_are_kept_too(kept: FleetCopy) -> None:
    kept.git("config", "core.autocrlf", "true")
    assert kept.run(*PROMOTE, "--commit").code == 0
    assert b"\r" not in (kept.root / AWS).read_bytes()
    assert kept.git("status", "--porcelain") == ""


@pytest.mark.parametrize("way", ["--commit", "--branch", "--push"])
def test_owners_are_those_of_the_larger_repository_in_the_commit(
    way: str, kept: FleetCopy, tmp_path: Path
) -> None:
    inner = lie_below(kept, tmp_path / "whole")
    inner.append("fleetops.yaml", "    gates: {approvals: codeowners}\n")
    inner.write("../.github/CODEOWNERS", "/overlays/aws/ @ops\n")
    inner.git("clone", "--quiet", "--bare", "..", str(tmp_path / "bare.git"))
    inner.git("remote", "add", "origin", str(tmp_path / "bare.git"))
    inner.commit()
    inner.git("push", "--quiet", "origin", "main")
    said = inner.refused(*PROMOTE, way)
    assert f"CODEOWNERS gives {AWS} no owner" in said
    inner.write("../.github/CODEOWNERS", "/fleet/overlays/aws/ @ops\n")
    # What is not committed has no part in it.
    assert f".github/CODEOWNERS gives {AWS} no owner" in inner.refused(*PROMOTE, way)
    inner.commit()
    inner.git("push", "--quiet", "origin", "main")
    done = inner.run(*PROMOTE, way)
    assert done.code == 0, done.err


WAYS = ("--commit", "--branch", "--push", "--pr")


@pytest.mark.parametrize("way", WAYS)
def test_a_git_that_is_too_old_is_named(way: str, kept: FleetCopy, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    script = '[ "$*" = "${*%version}" ] || { echo git version 2.34.1; exit; }'
    old.write_text(f'#!/bin/sh\n{script}\nexec {shutil.which("git")} "$@"\n')
    old.chmod(0o755)
    path = {"PATH": f"{old.parent}{os.pathsep}{os.environ['PATH']}"}
    said = kept.refused(*PROMOTE, way, code=3, environment=path)
    assert f"fleetops: {old} is 2.34.1, and to commit takes 2.38.0 or newer\n" in said


@pytest.mark.parametrize("way", WAYS)
def test_that_there_is_no_git_is_said(way: str, kept: FleetCopy, tmp_path: Path) -> None:
    said = kept.refused(*PROMOTE, way, code=3, environment={"PATH": str(tmp_path)})
    assert said == "fleetops: there is no git on PATH\n  install git\n"


def test_without_a_commit_there_is_nothing_to_follow(fleet: FleetCopy) -> None:
    assert "there is no commit 'HEAD'" in fleet.refused(*PROMOTE, "--commit", code=2)


def test_another_repository_in_the_environment_is_no_matter(
    kept: FleetCopy, tmp_path: Path
) -> None:
    other = {"GIT_DIR": str(tmp_path / "no"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    assert kept.run(*PROMOTE, "--commit", **other).code == 0
    assert changed(kept) == [AWS]
    assert not (tmp_path / "no").exists()
    assert not (tmp_path / "index").exists()
