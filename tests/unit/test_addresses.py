"""What another repository is, is told as kustomize tells it, and is only what its commit says."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetcopy import ENVIRONMENT
from fleetops.errors import InputError, Place
from fleetops.files import Repository
from fleetops.git.program import open_git
from fleetops.remotes.address import Address, read_address
from fleetops.remotes.fetch import _read
from fleetops.remotes.objects import DamagedError, read_objects, snapshot
from fleetops.remotes.paths import is_local, split, within
from fleetops.remotes.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Place("kustomization.yaml", 2)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ADDRESSES = {
    "https://h.test/a/b//x/y?ref={}": ("https://h.test/a/b", "h.test/a/b", "x/y"),
    "https://h.test/a/b/x/y?ref={}": ("https://h.test/a/b", "h.test/a/b", "x/y"),
    "https://h.test/a/b?ref={}": ("https://h.test/a/b", "h.test/a/b", "."),
    "https://h.test/a/b.git/x?ref={}": ("https://h.test/a/b.git", "h.test/a/b.git", "x"),
    "https://h.test/a/b/c.git//x?ref={}": ("https://h.test/a/b/c.git", "h.test/a/b/c.git", "x"),
    "https://h.test:8443/a/b//.?ref={}": ("https://h.test:8443/a/b", "h.test:8443/a/b", "."),
    "https://H.Test/a/b//x?ref={}": ("https://h.test/a/b", "h.test/a/b", "x"),
    "https://me@h.test/o/p/_git/r/x?ref={}": (
        "https://me@h.test/o/p/_git/r",
        "h.test/o/p/_git/r",
        "x",
    ),
    "github.com/a/b//x?ref={}": ("https://github.com/a/b", "github.com/a/b", "x"),
    "github.com:a/b/x?ref={}": ("https://github.com/a/b", "github.com/a/b", "x"),
    "git@github.com:a/b/x?ref={}": ("ssh://git@github.com/a/b", "github.com/a/b", "x"),
    "https://git@github.com/a/b?ref={}": ("ssh://git@github.com/a/b", "github.com/a/b", "."),
    "git@h.test:a/b//x?ref={}": ("git@h.test:a/b", "h.test/a/b", "x"),
    "git@h.test:/srv/a.git//x?ref={}": ("git@h.test:/srv/a.git", "h.test/srv/a.git", "x"),
    "ssh://git@h.test:22/a/b//x?ref={}": ("ssh://git@h.test:22/a/b", "h.test:22/a/b", "x"),
    "https://h.test/a/b//x?version={}&timeout=9s": ("https://h.test/a/b", "h.test/a/b", "x"),
    "https://h.test/a/b//x?version=v1&ref={}": ("https://h.test/a/b", "h.test/a/b", "x"),
    "https://h.test/a/b//x?submodules=false&ref={}": ("https://h.test/a/b", "h.test/a/b", "x"),
}
REFUSED = {
    "https://h.test/a/b//x": "does not say which commit: a branch may",
    "https://h.test/a/b//x?ref=main": "does not say which commit: main may",
    "https://h.test/a/b//x?ref=0123456": "does not say which commit",
    f"https://h.test/a/b//x?ref={COMMIT.upper()}": "does not say which commit",
    f"https://h.test/a/b//x?REF={COMMIT}": "does not say which commit",
    f"https://h.test/a/b//x?submodules=1&ref={COMMIT}": "submodules are not fetched",
    f"https://other.test/a/b//x?ref={COMMIT}": "other.test/a/b is not listed",
    f"https://h.test.other.test/a/b//x?ref={COMMIT}": "is not listed",
    f"https://h.test/ab/c//x?ref={COMMIT}": "h.test/ab/c is not listed",
    f"https://h.test/a/../c/d//x?ref={COMMIT}": "is no URL",
    f"https://h.test/a/%2e%2e/c//x?ref={COMMIT}": "is no URL",
    f"https://h.test/a/b//../x?ref={COMMIT}": "is no URL",
    f"https://h.test/a/b//x/../../y?ref={COMMIT}": "is no URL",
    f"https://h.test/a/b//x?ref={COMMIT}#y": "is no URL",
    f"https://h.test/a/b//x?ref={COMMIT};y": "is no URL",
    f"https://h.test/a?ref={COMMIT}": "is no URL",
    f"https://h.test\\@other.test/a/b?ref={COMMIT}": "is no URL",
    f"http://h.test/a/b//x?ref={COMMIT}": "is no URL",
    f"file:///h.test/a/b//x?ref={COMMIT}": "is no URL",
    f"git::https://h.test/a/b//x?ref={COMMIT}": "is no URL",
    f"git@h.test/a/b//x?ref={COMMIT}": "is no URL",
    f"git@-oProxyCommand=x:a/b//x?ref={COMMIT}": "is no URL",
    f"ssh://-oProxyCommand=x/a/b//x?ref={COMMIT}": "is no URL",
    "https://h.test/a/b/x.yaml": "is a file, which is not fetched",
    f"https://me:opensesame@h.test/a/b//x?ref={COMMIT}": "has a credential in it",
}


@pytest.mark.parametrize("entry", ADDRESSES)
def test_a_url_is_taken_apart_as_kustomize_does(entry: str) -> None:
    found = read_address(entry.format(COMMIT), HERE, None)
    assert found == Address(*ADDRESSES[entry], COMMIT)
    assert split(within(found.label, found.folder)) == (found.label, found.folder)
    assert not is_local(within(found.label, "."))
    assert urlsplit(found.label).hostname == found.repository.partition("/")[0].partition(":")[0]


@pytest.mark.parametrize("entry", REFUSED)
def test_what_is_not_pinned_or_not_listed_is_refused_at_its_line(entry: str) -> None:
    with pytest.raises(InputError) as caught:
        read_address(entry, HERE, ["h.test/a"])
    assert REFUSED[entry] in caught.value.message
    assert caught.value.place == HERE
    assert caught.value.hint is not None
    assert "opensesame" not in str(caught.value)


PARTS = st.sampled_from([*"ah.:/@?#%\\_-", "h.test", "git@", "https://", "ssh://", ".git"])


@given(st.tuples(st.sampled_from(["https://", "git@", "ssh://"]), st.lists(PARTS)))
@settings(max_examples=300)
def test_whatever_is_written_git_is_sent_to_a_host_that_is_listed(
    written: tuple[str, list[str]],
) -> None:
    entry = "".join([written[0], *written[1], f"?ref={COMMIT}"])
    try:
        found = read_address(entry, HERE, ["h.test/a"])
    except InputError:
        return
    url = found.url if "://" in found.url else f"ssh://{found.url.replace(':', '/', 1)}"
    parts = urlsplit(url)
    assert parts.scheme in {"https", "ssh"}
    assert parts.hostname == "h.test"
    assert os.path.normpath(parts.path).lstrip("/").split("/")[0] == "a"


def committed(root: Path, files: Mapping[str, str], links: Mapping[str, str]) -> str:
    def git(*words: str) -> str:
        who = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.test")
        done = subprocess.run(
            ["git", *who, *words],  # noqa: S607
            cwd=root,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    git("init", "--quiet")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path, target in links.items():
        (root / path).symlink_to(target)
    git("add", "--all")
    git("commit", "--quiet", "--message=x")
    return git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """Give a commit and what is kept of it."""
    root = tmp_path_factory.mktemp("remote")
    files = {
        "base/kustomization.yaml": "resources: [deep/a.yaml]\n",
        "base/deep/a.yaml": "a: b\n",
        "other/b.yaml": "b: c\n",
    }
    commit = committed(root, files, {"link": "base"})
    address = Address("https://h.test/a/b", "h.test/a/b", "base", commit)
    return commit, _read(open_git(root), address, HERE, ["kustomization.yaml"])


def test_what_a_kustomization_could_read_is_kept_and_nothing_else(
    stream: tuple[str, bytes],
) -> None:
    commit, content = stream
    assert snapshot(read_objects(content), commit) == Snapshot(
        {"base/kustomization.yaml": b"resources: [deep/a.yaml]\n", "base/deep/a.yaml": b"a: b\n"},
        {"link": "base"},
        lacking=frozenset({"other/b.yaml"}),
    )


def test_whatever_its_mode_a_file_is_one_and_nothing_is_left_out_unsaid() -> None:
    def stored(kind: str, content: bytes) -> str:
        header = f"{kind} {len(content)}\0".encode()
        name = hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
        kept.append(f"{name} {kind} {len(content)}\n".encode() + content + b"\n")
        return name

    kept: list[bytes] = []
    blob = bytes.fromhex(stored("blob", b"a: b\n"))
    absent = bytes.fromhex("1" * 40)
    modes = {b"100600 a.yaml": blob, b"100644 b.yaml": absent, b"160000 c": absent}
    tree = stored("tree", b"".join(name + b"\0" + of for name, of in modes.items()))
    commit = stored("commit", f"tree {tree}\n".encode())
    found = snapshot(read_objects(b"".join(kept)), commit)
    assert found.files == {"a.yaml": b"a: b\n"}
    repository = Repository(Path("/nowhere"), mounts={"label": found})
    paths = repository.below(within("label", "."))
    assert paths == [within("label", name) for name in ("a.yaml", "b.yaml", "c")]
    for path in paths[1:]:
        with pytest.raises(InputError):
            repository.resolve(path)
    with pytest.raises(DamagedError):
        read_objects(b"1" * 40 + b" commit -53\n")
    odd = stored("tree", b"170000 a\0" + blob)
    commit = stored("commit", f"tree {odd}\n".encode())
    with pytest.raises(DamagedError, match="unknown mode"):
        snapshot(read_objects(b"".join(kept)), commit)


@given(data=st.data())
@settings(max_examples=50)
def test_no_byte_of_what_is_kept_can_be_another(
    stream: tuple[str, bytes], data: st.DataObject
) -> None:
    commit, content = stream
    at = data.draw(st.integers(0, len(content) - 1))
    other = bytearray(content)
    other[at] ^= data.draw(st.integers(1, 255))
    try:
        found = snapshot(read_objects(bytes(other)), commit)
    except DamagedError:
        return
    # What stands between two objects says nothing.
    assert found == snapshot(read_objects(content), commit)


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(st.sampled_from(["a", "b", "c", "..", "."]), min_size=1, max_size=4).map(
    "/".join
)


@given(
    files=st.sets(PATHS, max_size=4), links=st.dictionaries(PATHS, TARGETS, max_size=4), path=PATHS
)
@settings(max_examples=100, deadline=None)
def test_links_in_a_commit_lead_where_they_would_on_disk_or_nowhere(
    files: set[str], links: dict[str, str], path: str
) -> None:
    with TemporaryDirectory() as temporary:
        root = Path(temporary).resolve() / "top"
        root.mkdir()
        made: dict[str, bytes] = {}
        tied: dict[str, str] = {}
        for one in sorted(files | links.keys()):
            file = root / one
            # What a commit cannot have either: something below a file or a link.
            if any(os.path.lexists(up) and not up.is_dir() for up in file.parents) or any(
                up.is_symlink() for up in file.parents
            ):
                continue
            if os.path.lexists(file):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            if one in files:
                file.write_bytes(b"")
                made[one] = b""
            else:
                file.symlink_to(links[one])
                tied[one] = links[one]
        try:
            real = os.path.realpath(root / path, strict=True)
        except OSError:
            real = ""
        inside = real == str(root) or real.startswith(f"{root}/")
        expected = os.path.relpath(real, root) if real and inside else None
        try:
            found = Snapshot(made, tied).resolve(path, path, HERE)
        except InputError:
            found = None
        # A way that leaves and comes back is none here.
        assert found == expected or (found is None and ".." in "".join(tied.values()))
