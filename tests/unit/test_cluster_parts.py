"""The pure parts of a cluster: names, credentials, command lines, and who holds its lock."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleetops import cluster, goyaml
from fleetops.api.results.cluster import Clusters, ClusterStatus, PartStatus
from fleetops.cluster import credentials, folders, parts
from fleetops.cluster.given import kubectl_for
from fleetops.errors import ProgramError, UsageError
from fleetops.output.text import as_text
from fleetops.programs import ANY_KUBECTL, find

STAGES = Path(cluster.__file__).with_name("stages.yaml")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


@pytest.mark.parametrize("name", ["a", "default", "x-1", "0", "a" * 40])
def test_a_name_is_a_label(name: str, repository: Path) -> None:
    assert folders.folder_of(name, repository).name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "A", "-a", "a-", "a" * 41, "a\n", "ä"])
def test_what_is_no_label_is_no_name(name: str, repository: Path) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a cluster"):
        folders.folder_of(name, repository)


def test_clusters_are_not_kept_in_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository / "cache"))
    with pytest.raises(ProgramError, match="inside the repository"):
        folders.folder_of("default", repository)


def test_a_lock_is_had_once_and_again_when_it_is_given_back(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    assert not folders.lives(folder)
    lock = folders.take(folder)
    assert lock is not None
    assert folders.lives(folder)
    assert folders.take(folder) is None
    os.close(lock)
    assert not folders.lives(folder)
    again = folders.take(folder)
    assert again is not None
    os.close(again)


def test_a_lock_is_held_as_long_as_whoever_inherited_it_lives(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    lock = folders.take(folder)
    assert lock is not None
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,)
    ) as heir:
        os.close(lock)
        assert folders.lives(folder)
        heir.communicate(b"\n")
    assert not folders.lives(folder)


def test_the_lock_of_a_removed_folder_is_nobodys(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    old = folders.take(folder)
    assert old is not None
    folders.end(folder, old)
    assert not folder.exists()
    new = folders.take(folder)
    assert new is not None
    # Whoever comes late with the old lock leaves the new folder alone.
    folders.end(folder, old)
    assert folders.lives(folder)
    os.close(old)
    os.close(new)


def test_only_what_was_not_to_be_kept_is_swept(tmp_path: Path) -> None:
    for name, kept in (("kept", True), ("left", False)):
        (tmp_path / name).mkdir()
        state = {"supervisor": 1, "port": 1, "kept": kept}
        (tmp_path / name / "state.json").write_text(json.dumps(state))
    (tmp_path / "early").mkdir()
    lock = folders.take(tmp_path / "starting")
    assert lock is not None
    cluster.sweep(sorted(tmp_path.iterdir()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "starting"]
    os.close(lock)


def test_a_state_that_is_not_whole_is_none(tmp_path: Path) -> None:
    assert folders.read_state(tmp_path) is None
    for text in ("", "{", "[]", '{"supervisor": 1}'):
        (tmp_path / "state.json").write_text(text)
        assert folders.read_state(tmp_path) is None
    (tmp_path / "state.json").write_text('{"supervisor": 7, "port": 8}' + " " * 4000)
    assert folders.read_state(tmp_path) == folders.State(7, 8)


def test_the_last_lines_of_a_long_log_are_given(tmp_path: Path) -> None:
    assert folders.last_lines(tmp_path, "etcd") == ()
    (tmp_path / "etcd.log").write_bytes(b"x" * 100_000 + b"\n\n\xff1\n2\n3\n4\n\n5\n")
    assert folders.last_lines(tmp_path, "etcd") == ("\ufffd1", "2", "3", "4", "5")


def test_every_cluster_has_its_own_credentials() -> None:
    tokens = [*credentials.make_tokens().values(), *credentials.make_tokens().values()]
    assert len({*tokens}) == len(tokens)
    assert all(len(token) == 64 for token in tokens)
    assert credentials.signing_key() != credentials.signing_key()


def test_a_signing_key_is_the_elliptic_curve_key_of_rfc_5915() -> None:
    lines = credentials.signing_key().splitlines()
    assert (lines[0], lines[-1]) == (
        "-----BEGIN EC PRIVATE KEY-----",
        "-----END EC PRIVATE KEY-----",
    )
    der = base64.b64decode("".join(lines[1:-1]))
    assert (der[0], der[1]) == (0x30, len(der) - 2)
    assert len(der) == 51


def test_only_who_needs_every_right_has_it() -> None:
    rows = [line.split(",") for line in credentials.token_file(credentials.make_tokens()).split()]
    assert {user for _, user, _, group in rows if group} == {"admin", "kwok"}
    assert {user for _, user, _, group in rows if not group} == {
        "system:kube-controller-manager",
        "system:kube-scheduler",
    }


def test_a_kubeconfig_has_the_one_context() -> None:
    text = credentials.kubeconfig("fleetops-a", "https://127.0.0.1:1", b"PEM", "token")
    document = json.loads(text)
    assert document["current-context"] == "fleetops-a"
    (context,) = document["contexts"]
    assert context == {
        "name": "fleetops-a",
        "context": {"cluster": "fleetops-a", "user": "fleetops-a"},
    }
    (server,) = document["clusters"]
    assert base64.b64decode(server["cluster"]["certificate-authority-data"]) == b"PEM"


def test_no_part_is_given_a_secret_where_others_can_read_it() -> None:
    programs = {part: Path("/bin") / part for part in (parts.STORE, parts.SERVER, *parts.CLIENTS)}
    for part in programs:
        command = parts.command(part, programs, 4711)
        assert command[0] == f"/bin/{part}"
        assert ("--secure-port=4711" in command) == (part == parts.SERVER)
        assert not any("0.0.0.0" in word or "token=" in word for word in command)  # noqa: S104


def test_the_stages_are_kwoks() -> None:
    documents = [one.value for one in goyaml.read(STAGES.read_text(), "stages.yaml")]
    assert [(one["kind"], one["spec"]["resourceRef"]["kind"]) for one in documents] == [
        ("Stage", "Node"),
        ("Stage", "Pod"),
        ("Stage", "Pod"),
        ("Stage", "Pod"),
    ]


def test_clusters_are_told_in_a_table() -> None:
    ready = ClusterStatus(
        name="default",
        state="ready",
        server="https://127.0.0.1:1",
        kubeconfig="/k",
        parts=(PartStatus(name="etcd", process=1, memory=3 << 20),),
    )
    broken = ClusterStatus(name="b", state="broken", note="etcd was killed", log=("last\x1b",))
    assert as_text(Clusters(clusters=(ready, broken))).splitlines() == [
        "cluster  state   server               memory  kubeconfig",
        "default  ready   https://127.0.0.1:1  3 MiB   /k",
        "b        broken  -                    -       -",
        "b: etcd was killed",
        "    last\\x1b",
    ]
    ended = tuple(ClusterStatus(name=name, state="ended") for name in "ab")
    assert as_text(Clusters(clusters=ended)) == "ended a, b"
    assert as_text(Clusters(clusters=())) == "there is no cluster"


@pytest.mark.parametrize(
    ("said", "used"),
    [
        ("Client Version: v1.30.1", True),
        ("Client Version: v1.22.0-dispatcher", True),
        ('Client Version: version.Info{Major:"1", Minor:"20", GitVersion:"v1.20.2"}', False),
    ],
)
def test_a_cluster_of_the_users_is_reached_with_the_users_kubectl(
    said: str, *, used: bool, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bin" / "kubectl"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent))
    found = find(ANY_KUBECTL, repository)
    assert (found.path if found else None) == (path if used else None)
    if used:
        assert kubectl_for(repository, print) == path
