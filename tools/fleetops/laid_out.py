"""An overlay as kustomize is to see it: where it stands, or laid out with what is from elsewhere.

kustomize would fetch a remote base by itself, and Helm pull a chart. So an overlay with one is
written into a scratch folder, only what it consists of, with the commits of others beside the
repository and a path to them where the URL stood.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from fleetops.errors import InputError, Place
from fleetops.files import Repository
from fleetops.kustomization.entries import read_document
from fleetops.kustomization.fields import LOADED
from fleetops.remotes.paths import is_local, is_remote, split, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fleetops.kustomization import Closure

_OWN: Final = "repository"
_ORIGINS: Final = ("originAnnotations", "transformerAnnotations")


class Layout(Struct, frozen=True):
    """Where kustomize is run for an overlay."""

    root: Path
    """The repository, or what stands for it."""
    labels: Mapping[str, str] = {}
    """Names of folders beside it to what the paths in them begin with."""

    def in_words_of_ours(self, words: str) -> str:
        """Give what kustomize says with the paths that a person knows."""
        for name, label in self.labels.items():
            words = re.sub(rf"[^\s'\"]*{name}(/?)", rf"{label}/\1", words)
        return words.replace(f"{self.root}/", "")


class Taken(NamedTuple):
    """An overlay that is rendered."""

    repository: Repository
    closure: Closure
    layout: Layout


def lay_out(repository: Repository, closure: Closure, scratch: Path) -> Layout:
    """Give where to run kustomize; a folder in `scratch` is made where it has to be another.

    Raises InputError for what would come out otherwise than where kustomize has fetched.
    """
    if not closure.remotes and not closure.charts:
        return Layout(repository.root)
    if closure.remotes:
        _refuse_origins(closure)
    # The temporary folder may be a link, and kustomize prints where it leads.
    root = Path(tempfile.mkdtemp(prefix="laid-out-", dir=scratch)).resolve()
    # A digest is found again in whatever kustomize says, and never by mistake.
    labels = {hashlib.sha256(one.encode()).hexdigest(): one for one in closure.remotes}
    folders = {label: name for name, label in labels.items()} | {"": _OWN}

    def laid(path: str) -> str:
        label, inside = split(path)
        return os.path.normpath(f"{folders[label]}/{inside}")

    def content(path: str) -> bytes:
        return _rewritten(repository.read_bytes(path), path, laid)

    files = {path: repository.read_bytes(path) for path in closure.files}
    own = {one.path: content(one.path) for one in closure.kustomizations}
    _write(root, files | own, closure.links, laid)
    return Layout(root / _OWN, labels)


def copy(
    repository: Repository, closure: Closure, target: Path, changed: Mapping[str, str]
) -> Repository:
    """Copy what an overlay consists of, with other content in the files of `changed`.

    What is of other repositories is read where it was.
    """
    new = {path: text.encode() for path, text in changed.items()}
    files = {
        path: new[path] if path in new else repository.read_bytes(path)
        for path in closure.own_files
    }
    _write(target, files, closure.own_links, lambda path: path)
    mounts = dict(repository.mounts)
    for path, content in new.items():
        if not is_local(path):
            label, inside = split(path)
            mounts[label] = mounts[label].with_files({inside: content})
    return Repository.at(target, mounts)


def _write(
    target: Path,
    files: Mapping[str, bytes],
    links: Iterable[tuple[str, str]],
    laid: Callable[[str], str],
) -> None:
    """Write files and links, each where `laid` says in the folder."""
    for path, content in files.items():
        file = target / laid(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for written, real in links:
        link = target / laid(written)
        if not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(target / laid(real), link.parent))


def as_kustomization(value: dict[str, Any]) -> str:
    """Write a kustomization for a scratch copy; JSON is YAML, and says exactly what is meant."""
    return msgspec.json.encode(value).decode()


def _rewritten(content: bytes, path: str, laid: Callable[[str], str]) -> bytes:
    """Put the folder that it is laid out in where a kustomization has a URL."""
    from fleetops.remotes.address import read_address

    value: dict[str, Any] = read_document(content.decode(), path).value
    own = laid(path.rpartition("/")[0] or ".")

    def local(entry: str) -> str:
        address = read_address(entry, Place(path), None)
        return os.path.relpath(laid(within(address.label, address.folder)), own)

    entries = {key: value.get(key) or () for key in LOADED}
    if not any(is_remote(entry) for ones in entries.values() for entry in ones):
        return content
    new = {
        key: [local(entry) if is_remote(entry) else entry for entry in ones]
        for key, ones in entries.items()
        if ones
    }
    return as_kustomization(value | new).encode()


def _refuse_origins(closure: Closure) -> None:
    for index, one in enumerate(closure.top.document.value.get("buildMetadata") or ()):
        if one in _ORIGINS:
            raise InputError(
                f"{one} is not supported beside a base of another repository",
                place=closure.top.place("buildMetadata", index),
                hint="kustomize would note where it has fetched it to",
            )
