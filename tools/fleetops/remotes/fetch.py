"""Get a commit of another repository: out of the user's cache, or over the network, once."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fleetops.errors import InputError, ProgramError
from fleetops.git.program import Git, open_git, said
from fleetops.programs.places import cache_folder
from fleetops.remotes.objects import DamagedError, entries, of_use, read_objects, snapshot
from fleetops.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from fleetops.errors import Place
    from fleetops.remotes.address import Address
    from fleetops.remotes.snapshot import Snapshot

MAX_FILE: Final = 8 * 1024**2
"""A larger file is left out, as it is of a commit of the repository itself."""
MAX_BYTES: Final = 64 * 1024**2
"""Of all that a kustomization could read of one commit."""
# The user's own git, so that their keys and credentials count; but only to the host that is named,
# whatever it answers, and only by protocols that prove who it is.
_SETTINGS: Final = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "http.followRedirects=false"),
    *("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"),
)
_VARIABLES: Final = {
    "GIT_ALLOW_PROTOCOL": "https:ssh",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
}


def fetch(
    address: Address,
    place: Place,
    marks: Collection[str],
    guarded: Path,
    narrate: Callable[[str], None],
) -> Snapshot:
    """Give what kustomizations could read of a commit, those files being called by the `marks`.

    `place` is where it is asked for, `guarded` the work tree of which no program is run. Raises
    InputError for a commit that is not there or cannot be used, and ProgramError where there is no
    git or it fails.
    """
    store = Store(cache_folder(guarded).parent / "remotes")
    name = hashlib.sha256(f"{address.url}\n{address.commit}".encode()).hexdigest()
    kept = store.read(name)
    if kept is not None:
        try:
            return snapshot(read_objects(kept), address.commit)
        except DamagedError:
            narrate(f"what was kept of {address.label} is damaged")
    narrate(f"fetching {address.label}, once")
    try:
        stream = _fetched(address, place, marks, open_git(guarded))
        found = snapshot(read_objects(stream), address.commit)
    except DamagedError as error:
        message = f"{address.label} is no commit that can be used: {error}"
        raise InputError(message, place=place) from None
    store.write(name, stream)
    store.trim()
    return found


def _fetched(address: Address, place: Place, marks: Collection[str], own: Git) -> bytes:
    with tempfile.TemporaryDirectory(prefix="fleetops-") as scratch:
        git = Git(own.program, Path(scratch))
        kind = "sha256" if len(address.commit) > 40 else "sha1"  # noqa: PLR2004
        git.change("init", "--quiet", "--template=", f"--object-format={kind}")
        done = git.attempt(
            *_SETTINGS,
            *("fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head"),
            *("--no-auto-maintenance", "--recurse-submodules=no"),
            *("--", address.url, address.commit),
            variables=_VARIABLES,
        )
        if done.returncode:
            words = said(done)
            if "not our ref" in words:
                message = f"{address.url} has no commit {address.commit}"
                raise InputError(message, place=place)
            raise ProgramError(
                f"{address.url} cannot be fetched",
                place=place,
                log=words.splitlines()[-4:],
                hint="is it there, may you read it, and does git trust its certificate?",
            )
        return _read(git, address, place, marks)


def _read(git: Git, address: Address, place: Place, marks: Collection[str]) -> bytes:
    """Read the commit, all its trees, and the files that are of use."""
    listed = git.read("rev-list", "--objects", "--no-object-names", "--max-count=1", address.commit)
    answer = git.read("cat-file", "--batch-check", stdin=listed).decode().splitlines()
    sizes = {}
    kinds: dict[str, list[str]] = {"commit": [], "tree": [], "blob": []}
    for line in answer:
        name, kind, size = line.split(" ")
        sizes[name] = int(size)
        if kind not in kinds:
            message = f"{address.label} is a {kind} and no commit"
            raise InputError(message, place=place, hint="write the name of the commit")
        kinds[kind].append(name)
    frame = [*kinds["commit"], *kinds["tree"]]
    _require_room(frame, sizes, address, place)
    stream = _objects(git, frame)
    found = of_use(entries(read_objects(stream), address.commit), marks)
    names = dict.fromkeys(one.name for one in found if sizes.get(one.name, 0) <= MAX_FILE)
    _require_room([*frame, *names], sizes, address, place)
    return stream + _objects(git, list(names))


def _objects(git: Git, names: list[str]) -> bytes:
    asked = "".join(f"{name}\n" for name in names).encode()
    return git.read("cat-file", "--batch", stdin=asked) if names else b""


def _require_room(names: list[str], sizes: dict[str, int], address: Address, place: Place) -> None:
    if sum(sizes[name] for name in names) > MAX_BYTES:
        raise InputError(
            f"{address.label} is too large: a kustomization could read more than"
            f" {MAX_BYTES // 1024**2} MiB of it",
            place=place,
            hint="keep a copy of what is needed here",
        )
