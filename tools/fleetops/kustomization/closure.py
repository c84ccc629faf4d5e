"""What an overlay consists of: every file that kustomize reads to render it.

kustomize itself would follow links out of the repository, clone what looks like a URL and run Helm
if asked to. So everything is found and judged here before kustomize starts.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.files import MAX_BYTES
from fleetops.kustomization import fields
from fleetops.manifests import dig, mappings
from fleetops.words import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.files import Repository

MAX_NESTING = 50
"""Kustomizations above one another."""

_REMOTE = re.compile(r":|^(www\.)?github\.com\b|^git@", re.IGNORECASE)
_FOLDED = {name.casefold() for name in fields.NESTED}
_FILE_KEYS = {"path", "paths", "file", "files", "env", "envs", "valuesFile"}


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization file."""

    folder: str
    """Relative to the repository, links resolved."""
    path: str
    text: str = field(repr=False)
    document: goyaml.Document = field(repr=False)
    resources: tuple[str, ...] = ()
    """The manifest files that it names."""
    patches: tuple[str, ...] = ()
    """The patch files that it names."""

    def place(self, *path: str | int) -> Place:
        """Find the line of a field."""
        return Place(self.path, self.document.line_of(path))


@dataclass(frozen=True, slots=True)
class Closure:
    """An overlay and all that it reads."""

    overlay: str
    """The folder, relative to the repository, links resolved."""
    kustomizations: tuple[Kustomization, ...]
    """In the order of application: bases first, the overlay's own last."""
    files: tuple[str, ...]
    """Everything else that is read, sorted."""
    links: tuple[tuple[str, str], ...]
    """Symbolic links on the way: the path that is written and where it leads."""

    @property
    def top(self) -> Kustomization:
        """The overlay's own kustomization."""
        return self.kustomizations[-1]


def read_closure(repository: Repository, overlay: str, *, place: Place | None = None) -> Closure:
    """Find every file of the overlay; `place` is where its name is written.

    Raises InputError with file and line for what cannot be rendered here: a path out of the
    repository, a URL, a Helm chart, a cycle, a missing file, a kustomization that is none.
    """
    walk = _Walk(repository)
    folder = walk.resolve("", overlay, place or Place(overlay))
    if not repository.is_directory(folder):
        raise InputError(f"{overlay} is not a folder", place=place)
    walk.enter(folder, place or Place(overlay), ())
    return Closure(
        folder,
        tuple(walk.entered.values()),
        tuple(sorted(walk.files)),
        tuple(sorted(walk.links.items())),
    )


def kustomization_file(repository: Repository, folder: str, place: Place) -> str:
    """Find the kustomization file in a folder; InputError at `place` unless there is one."""
    found = [name for name in fields.NAMES if os.path.lexists(repository.root / folder / name)]
    if not found:
        raise InputError(f"{folder} has no kustomization.yaml", place=place)
    if len(found) > 1:
        raise InputError(f"{folder} has both {found[0]} and {found[1]}", place=place)
    return os.path.normpath(f"{folder}/{found[0]}")


class _Walk:
    """A depth-first walk from an overlay to its bases."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.entered: dict[str, Kustomization] = {}
        self.files: set[str] = set()
        self.links: dict[str, str] = {}

    def enter(self, folder: str, place: Place, above: tuple[str, ...]) -> None:
        """Read the kustomization in a folder, its bases first."""
        if folder in above:
            circle = " → ".join((*above[above.index(folder) :], folder))
            raise InputError(f"goes round in a circle: {circle}", place=place)
        if folder in self.entered:
            return
        if len(above) >= MAX_NESTING:
            raise InputError(f"nests more than {MAX_NESTING} kustomizations", place=place)
        path = kustomization_file(self.repository, folder, place)
        text = self.repository.read_text(path)
        document = _document(text, path)
        _judge(document, path)
        reader = _References(self, Kustomization(folder, path, text, document))
        manifests = tuple(reader.manifests((*above, folder)))
        patches = tuple(reader.patches())
        reader.others((*above, folder))
        self.entered[folder] = Kustomization(folder, path, text, document, manifests, patches)

    def resolve(self, folder: str, path: str, place: Place) -> str:
        """Find where a local path leads, and note the links on the way."""
        if _REMOTE.search(path):
            raise InputError(
                f"{path} is not in the repository",
                place=place,
                hint="remote bases and files are not fetched: keep a copy of them here",
            )
        if path.startswith("/") or "\0" in path:
            raise InputError(f"{path!r} is not a relative path", place=place)
        written = os.path.normpath(os.path.join(folder, path))  # noqa: PTH118
        if written.startswith(".."):
            raise InputError(f"{path} leads out of the repository", place=place)
        real = self.repository.resolve(written, place=place)
        if real != written:
            self.links[written] = real
        return real

    def file(self, folder: str, path: str, place: Place) -> str:
        """Note a file that is read."""
        real = self.resolve(folder, path, place)
        status = (self.repository.root / real).stat()
        if status.st_size > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES // 1024**2} MiB", place=place)
        if not (self.repository.root / real).is_file():
            raise InputError(f"{path} is not a file", place=place)
        self.files.add(real)
        return real


class _References:
    """What one kustomization refers to."""

    def __init__(self, walk: _Walk, kustomization: Kustomization) -> None:
        self.walk = walk
        self.folder = kustomization.folder
        self.place = kustomization.place
        self.value: dict[str, Any] = kustomization.document.value

    def manifests(self, above: tuple[str, ...]) -> Iterator[str]:
        """Enter the bases and components, and give the manifest files."""
        for key in fields.LOADED:
            for index, entry in self.words(key):
                place = self.place(key, index)
                real = self.walk.resolve(self.folder, entry, place)
                if self.walk.repository.is_directory(real):
                    self.walk.enter(real, place, above)
                else:
                    yield self.walk.file(self.folder, entry, place)

    def patches(self) -> Iterator[str]:
        """Give the patch files."""
        for key in ("patches", "patchesJson6902"):
            yield from self.paths(key)
        for index, entry in self.words("patchesStrategicMerge"):
            if "\n" not in entry and not entry.startswith("{"):
                place = self.place("patchesStrategicMerge", index)
                yield self.walk.file(self.folder, entry, place)

    def others(self, above: tuple[str, ...]) -> None:
        """Note every other file."""
        for _ in self.paths("replacements"):
            pass
        for key in fields.FILES:
            for index, entry in self.words(key):
                self.walk.file(self.folder, entry, self.place(key, index))
        if isinstance(schema := dig(self.value, "openapi", "path"), str):
            self.walk.file(self.folder, schema, self.place("openapi", "path"))
        for key in fields.GENERATED:
            for index, item in mappings(self.value.get(key)):
                self.sources(item, (key, index))
        for key in fields.PLUGINS:
            for index, entry in self.words(key):
                self.plugin(entry, self.place(key, index), above)

    def words(self, key: str) -> Iterator[tuple[int, str]]:
        entries = self.value.get(key)
        if entries is None:
            return
        if not isinstance(entries, list):
            raise InputError(f"{key} is not a list", place=self.place(key))
        for index, entry in enumerate(entries):
            if not isinstance(entry, str):
                raise InputError(
                    f"{key} has an entry that is no word", place=self.place(key, index)
                )
            yield index, entry

    def paths(self, key: str) -> Iterator[str]:
        for index, item in mappings(self.value.get(key)):
            if isinstance(path := item.get("path"), str):
                yield self.walk.file(self.folder, path, self.place(key, index, "path"))

    def sources(self, generator: dict[str, Any], path: goyaml.NodePath) -> None:
        """Note the files of a ConfigMap's or Secret's generator: `name`, or `key=name`."""
        for key in ("files", "envs", "env"):
            entries = generator.get(key)
            for entry in entries if isinstance(entries, list) else [entries]:
                if isinstance(entry, str):
                    name = entry.rpartition("=")[2] if key == "files" else entry
                    self.walk.file(self.folder, name, self.place(*path, key))

    def plugin(self, entry: str, place: Place, above: tuple[str, ...]) -> None:
        """Note what the configuration of a generator or transformer refers to."""
        if "\n" in entry or entry.startswith("{"):
            self.inline(entry, place)
            return
        real = self.walk.resolve(self.folder, entry, place)
        if self.walk.repository.is_directory(real):
            self.walk.enter(real, place, above)
            return
        self.walk.file(self.folder, entry, place)
        self.inline(self.walk.repository.read_text(real), place)

    def inline(self, text: str, place: Place) -> None:
        for document in goyaml.read(text, place.path):
            for word in _file_words(document.value):
                name = word.rpartition("=")[2]
                self.walk.file(self.folder, name, place)


def _document(text: str, path: str) -> goyaml.Document:
    documents = [
        document for document in goyaml.read(text, path, marks=True) if document.value is not None
    ]
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise InputError("is not one kustomization", place=Place(path))
    return documents[0]


def _judge(document: goyaml.Document, path: str) -> None:
    """Refuse the fields that mean more than a render of this repository's files.

    kustomize reads keys without regard to case, so `Resources` would be followed too: only the
    spelling that everybody uses is taken.
    """
    for key in document.value:
        place = Place(path, document.line_of((key,)))
        if key not in fields.KNOWN:
            raise InputError(unknown("field", key, sorted(fields.KNOWN)), place=place)
        if key in fields.HELM:
            raise InputError(
                f"{key} is not supported: Helm charts are not rendered",
                place=place,
                hint="render the chart into the repository, and list the result in resources",
            )
    for key in (*fields.PATCHES, *fields.GENERATED, "images", "openapi"):
        value = document.value.get(key)
        for index, item in mappings(value) if isinstance(value, list) else [(0, value)]:
            for name in item or ():
                if name not in fields.NESTED and name.casefold() in _FOLDED:
                    at = (key, index, name) if isinstance(value, list) else (key, name)
                    words = f"{name} is not written as kustomize documents it"
                    raise InputError(words, place=Place(path, document.line_of(at)))


def _file_words(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Give the words in a plugin's configuration that name files."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if key in _FILE_KEYS:
            for word in item if isinstance(item, list) else [item]:
                if isinstance(word, str):
                    yield word
