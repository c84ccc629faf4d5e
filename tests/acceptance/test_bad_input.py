"""Whatever stands in the repository, fleetops says in a line what is wrong and where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _pytest.mark import ParameterSet

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

OVERLAY = "overlays/local/kustomization.yaml"
BASE = "base/queue/kustomization.yaml"
MANIFEST = "base/queue/service.yaml"
PATCH = "overlays/local/patches/mongodb.yaml"
READ = ("fleetops.yaml", "releases/release3.yaml", OVERLAY, BASE)
"""Files that fleetops itself reads."""
RENDERED = (MANIFEST, PATCH)
"""Files that only kustomize reads."""


def bomb() -> str:
    lines = [
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "".join(["a: &a [x, x, x, x, x, x, x, x, x]\n", *lines])


BROKEN: dict[str, str | bytes] = {
    "unfinished": "a: [\n",
    "tab": "a:\n\t- b\n",
    "list": "- a\n",
    "word": "word\n",
    "binary": bytes(range(256)),
    "nul": 'a: "\0"\n',
    "utf-16": "a: 1\n".encode("utf-16"),
    "nested": "a: " + "[" * 100_000,
    "bomb": bomb(),
    "bomb behind text": f"text: |\n  text\n{bomb()}",
    "conflict": "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> theirs\n",
    "documents": "a: 1\n---\nb: 1\n",
}
NOTHING = {"empty": "", "comment": "# Nothing.\n", "null": "null\n"}


def cases(contents: Mapping[str, str | bytes], files: tuple[str, ...]) -> list[ParameterSet]:
    return [
        pytest.param(file, content, id=f"{name}-{file}")
        for name, content in contents.items()
        for file in files
    ]


@pytest.mark.parametrize(
    ("file", "content"), [*cases(BROKEN, READ + RENDERED), *cases(NOTHING, READ)]
)
def test_a_broken_file_is_named(file: str, content: str | bytes, fleet: FleetCopy) -> None:
    fleet.write(file, content)
    said = fleet.refused("promote", "release2", "-e", "local")
    assert said.startswith("fleetops: ")
    assert file.removeprefix("overlays/local/") in said
    assert said.count("\n") <= 2


@pytest.mark.parametrize("file", READ + RENDERED)
def test_a_file_is_not_read_that_is_too_large(file: str, fleet: FleetCopy) -> None:
    os.truncate(fleet.root / file, 50 * 1024**2)
    said = fleet.refused("validate", "-e", "local")
    assert file.removeprefix("overlays/local/").removeprefix("base/queue/") in said
    assert "larger than 8 MiB" in said


def test_a_bomb_behind_another_mistake_does_not_take_all_memory(fleet: FleetCopy) -> None:
    config = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n"
    fleet.append(MANIFEST, f"{config}twice: 1\ntwice: 1\n{bomb()}")
    said = fleet.refused("promote", "release2", "-e", "local")
    # How far it has come may be said before.
    assert said.splitlines()[-1] == f"fleetops: {OVERLAY}: takes more than 3 GiB to render"


@pytest.mark.parametrize("file", READ + RENDERED)
def test_a_pipe_is_not_waited_for(file: str, fleet: FleetCopy) -> None:
    (fleet.root / file).unlink()
    os.mkfifo(fleet.root / file)
    code = 2 if file == "fleetops.yaml" else 1
    said = fleet.refused("promote", "release2", "-e", "local", code=code)
    assert said.startswith("fleetops: ")


@pytest.mark.parametrize(
    ("file", "said", "code"),
    [
        (
            "fleetops.yaml",
            "nor a folder above it has a fleetops.yaml\n  fleetops init writes one",
            2,
        ),
        ("releases", "unknown release 'release2' (known: none)\n  there is no folder releases", 2),
        ("overlays/local", "fleetops.yaml: overlays/local does not exist", 1),
        (OVERLAY, "fleetops.yaml: overlays/local has no kustomization.yaml", 1),
        (BASE, "base/kustomization.yaml:11: base/queue has no kustomization.yaml", 1),
        (MANIFEST, f"{BASE}:11: base/queue/service.yaml does not exist", 1),
        (PATCH, f"{OVERLAY}:10: overlays/local/patches/mongodb.yaml does not exist", 1),
    ],
)
def test_a_missing_file_is_named_where_it_is_asked_for(
    file: str, said: str, code: int, fleet: FleetCopy
) -> None:
    (fleet.root / file).rename(fleet.root.parent / "away")
    assert said in fleet.refused("promote", "release2", "-e", "local", code=code)


@pytest.mark.parametrize("file", [OVERLAY, MANIFEST, "base/queue", "overlays/local", "releases"])
@pytest.mark.parametrize("place", ["..", "loop"])
def test_a_link_out_of_the_repository_is_not_followed(
    file: str, place: str, fleet: FleetCopy
) -> None:
    away = fleet.root.parent / "away"
    (fleet.root / file).rename(away)
    (fleet.root / file).symlink_to(away if place == ".." else (fleet.root / file).name)
    for words in ("validate", "-e", "local"), ("promote", "release2", "-e", "local"):
        said = fleet.refused(*words)
        assert "leads out of the repository" in said or "symbolic links" in said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("../../overlays/aws", "goes round in a circle: overlays/aws → overlays/aws"),
        ("../local", "goes round in a circle: overlays/aws → overlays/local → overlays/aws"),
        ("https://example.com/a.yaml", "is a file, which is not fetched"),
        ("git@example.com:a/b", "is not listed under remotes in fleetops.yaml"),
        ("../../../tmp", "leads out of the repository"),
        ("/etc/passwd", "is not a relative path"),
    ],
)
def test_what_cannot_be_a_base(entry: str, said: str, fleet: FleetCopy) -> None:
    aws = "overlays/aws/kustomization.yaml"
    fleet.edit(OVERLAY, "resources:\n", "resources:\n  - ../aws\n")
    fleet.edit(aws, "resources:\n", f"resources:\n  - {entry}\n")
    place = OVERLAY if entry == "../local" else aws
    assert f"{place}:" in (words := fleet.refused("validate", "-e", "aws"))
    assert said in words


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("fleetops.yaml", "version: 1", "version: 2", "version"),
        ("fleetops.yaml", "overlay: overlays/aws", "overlays: a", "(did you mean overlay?)"),
        ("fleetops.yaml", "- name: aws", "- name: local", "twice"),
        ("releases/release3.yaml", "release: release3", "release: release4", "rename"),
        ("releases/release3.yaml", "tag: 3.6.5-jessie", "tag: 3.6", "quote it"),
        ("releases/release3.yaml", "tag: release3", "tagg: release3", "(did you mean tag?)"),
        ("releases/release3.yaml", "name: mongo", "name: mongo:3", "images.mongodb.name"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named_with_its_line(
    file: str, old: str, new: str, said: str, fleet: FleetCopy
) -> None:
    line = fleet.line(file, old)
    fleet.edit(file, old, new)
    words = fleet.refused("promote", "release2", "-e", "aws")
    assert words.startswith(f"fleetops: {file}:{line}: ")
    assert said in words


def test_a_minor_or_a_check_that_does_not_exist(fleet: FleetCopy) -> None:
    text = fleet.read("fleetops.yaml")
    fleet.write("fleetops.yaml", text.replace("1.37", "1.73"))
    assert "unknown Kubernetes minor '1.73' (did you mean 1.37?)" in fleet.refused("validate")
    exception = "exceptions:\n  - check: schemas\n    resource: a/b\n    reason: For a test.\n"
    fleet.write("fleetops.yaml", f"{text}{exception}")
    assert "unknown check 'schemas' (did you mean schema?)" in fleet.refused("validate")


EVIL = "\x1b[31m\u202e"
WRITTEN = '"\\e[31m\\u202E"'


def test_what_a_terminal_would_obey_does_not_reach_it(fleet: FleetCopy) -> None:
    tracker = "base/position-tracker/deployment.yaml"
    fleet.edit(tracker, "serviceAccountName: position-tracker", f"serviceAccountName: {WRITTEN}")
    done = fleet.run("validate")
    assert "\\x1b[31m\\x202e" in done.out
    (fleet.root / f"releases/{EVIL}.yaml").write_text("release: a\n")
    said = fleet.refused("validate")
    assert "a file with an unreadable name, '\\x1b[31m\\u202e.yaml'" in said
    unknown = fleet.refused("promote", "-e", EVIL, "release3")
    assert not set(EVIL) & {*"\x1b\u202e"} & set(done.out + said + unknown)


def test_a_document_that_was_asked_for_says_that_there_is_no_result(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    fleet.edit("fleetops.yaml", "version: 1", "versions: 1")
    line = fleet.line("fleetops.yaml", "versions: 1")
    done = fleet.run("validate", "--output", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1
    assert done.out.startswith(
        f"::error file=fleetops.yaml,line={line},title=fleetops::unknown key"
    )
    assert f"fleetops: fleetops.yaml:{line}: unknown key 'versions'" in done.err
    assert f"fleetops: fleetops.yaml:{line}: unknown key 'versions'" in summary.read_text()


def test_a_summary_that_cannot_be_written_is_said_and_no_failure(fleet: FleetCopy) -> None:
    nowhere = {"GITHUB_STEP_SUMMARY": "/nowhere/summary.md"}
    done = fleet.run("validate", "--output", "github", **nowhere)
    said = "the summary of the step cannot be written: No such file or directory\n"
    assert (done.code, done.err) == (0, said)


@pytest.mark.parametrize("output", ["github", "json", "junit", "sarif"])
@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
def test_a_full_disk_is_said_in_every_format(
    output: str,
    broken: bool,  # noqa: FBT001 - a case
    fleet: FleetCopy,
) -> None:
    if broken:
        fleet.edit("fleetops.yaml", "version: 1", "versions: 1")
    words = [sys.executable, "-m", "fleetops", "validate", "--output", output]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            words, cwd=fleet.root, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ("unknown key 'versions'" if broken else "No space left on device") in done.stderr


def test_nothing_asked_for_is_no_success_and_shows_what_can_be(fleet: FleetCopy) -> None:
    done = fleet.run()
    assert (done.code, done.out) == (2, "")
    assert "promote" in done.err
