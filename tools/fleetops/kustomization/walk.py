"""From an overlay to every file that kustomize reads to render it.

kustomize itself would follow links out of the repository, clone what looks like a URL and run Helm
if asked to. So everything is found and judged here before kustomize starts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.errors import InputError, Place
from fleetops.files import MAX_BYTES
from fleetops.kustomization import fields
from fleetops.kustomization.closure import Closure, Kustomization
from fleetops.kustomization.entries import read_document
from fleetops.kustomization.judge import judge
from fleetops.kustomization.references import References
from fleetops.remotes.paths import is_remote, split, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleetops.files import Repository
    from fleetops.kustomization.charts import Chart
    from fleetops.remotes.address import Address
    from fleetops.remotes.snapshot import Snapshot

MAX_NESTING = 50
"""Kustomizations above one another."""
MAX_FILES = 5_000
"""Of one Helm chart; the largest known ones have some hundreds."""
MAX_CHART = 64 * 1024**2
"""Bytes of all of them."""


class Allowed(Struct, frozen=True):
    """What an overlay may be made of beside the repository's files; without a word, nothing."""

    remotes: tuple[str, ...] = ()
    """Hosts, and folders of hosts, that bases may be fetched from."""
    fetch: Callable[[Address, Place], Snapshot] | None = None
    """Gives a commit's files; needed where a host is allowed."""
    helm: bool = False
    """Whether Helm charts are rendered."""


def read_closure(
    repository: Repository,
    overlay: str,
    *,
    place: Place | None = None,
    known: dict[str, Closure] | None = None,
    allowed: Allowed | None = None,
) -> Closure:
    """Find every file of the overlay; `place` is where its name is written.

    `known` holds bases and components that were read before, as closures of their own, and gets
    those of this overlay: many overlays stand on the same ones.

    Raises InputError with file and line for what cannot be rendered here: a path out of the
    repository, a URL or a Helm chart that is not `allowed`, a cycle, a missing file, a
    kustomization that is none.
    """
    walk = Walk(repository, {} if known is None else known, allowed or Allowed())
    place = place or Place(overlay)
    folder = walk.resolve("", overlay, place)
    if not repository.is_directory(folder):
        raise InputError(f"{overlay} is not a folder", place=place)
    return walk.read(folder, place, ())


def kustomization_file(repository: Repository, folder: str, place: Place) -> str:
    """Find the kustomization file in a folder; InputError at `place` unless there is one."""
    found = [
        name
        for name in fields.NAMES
        if repository.exists(f"{folder}/{name}") and not repository.is_directory(f"{folder}/{name}")
    ]
    if not found:
        raise InputError(f"{folder} has no kustomization.yaml", place=place)
    if len(found) > 1:
        raise InputError(f"{folder} has both {found[0]} and {found[1]}", place=place)
    return found[0]


def links_on(repository: Repository, path: str, place: Place) -> Iterator[tuple[str, str]]:
    """Give the symbolic links on a path: where one is and where it leads, both without links."""
    label, inside = split(path)
    at = within(label, ".")
    for part in inside.split("/"):
        at = within(label, os.path.normpath(os.path.join(split(at)[1], part)))  # noqa: PTH118
        if repository.link(at) is not None:
            real = repository.resolve(at, place=place)
            yield at, real
            at = real


class Walk:
    """A depth-first walk from an overlay to its bases."""

    def __init__(self, repository: Repository, known: dict[str, Closure], allowed: Allowed) -> None:
        self.repository = repository
        self.known = known
        self.allowed = allowed
        self.brought: dict[str, Place] = {}
        self.entered: dict[str, Kustomization] = {}
        self.files: set[str] = set()
        self.links: dict[str, str] = {}

    def read(self, folder: str, place: Place, above: tuple[str, ...]) -> Closure:
        """Read the kustomization in a folder, its bases first."""
        if len(above) >= MAX_NESTING:
            raise InputError(f"nests more than {MAX_NESTING} kustomizations", place=place)
        path = self.locate(folder, kustomization_file(self.repository, folder, place), place)
        text = self.repository.read_text(path)
        document = read_document(text, path)
        judge(document, path)
        reader = References(self, Kustomization(folder, path, text, document))
        manifests = tuple(reader.manifests((*above, folder)))
        patches = tuple(reader.patches())
        reader.others()
        charts = tuple(reader.charts())
        self.entered[folder] = Kustomization(
            folder, path, text, document, manifests, patches, charts
        )
        return Closure(
            folder,
            tuple(self.entered.values()),
            tuple(sorted(self.files)),
            tuple(sorted(self.links.items())),
            remotes=self.brought,
        )

    def enter(self, folder: str, place: Place, above: tuple[str, ...]) -> None:
        """Add a base or component, and all that it stands on."""
        if circle := _circle(folder, above):
            raise InputError(f"goes round in a circle: {circle}", place=place)
        closure = self.known.get(folder)
        if closure is None or not _fits(closure, above):
            closure = Walk(self.repository, self.known, self.allowed).read(folder, place, above)
            self.known[folder] = closure
        for one in closure.kustomizations:
            self.entered.setdefault(one.folder, one)
        self.files.update(closure.files)
        self.links.update(closure.links)
        self.brought = {**closure.remotes, **self.brought}

    def enter_remote(self, entry: str, place: Place, above: tuple[str, ...]) -> None:
        """Add a base or component of another repository, and all that it stands on."""
        from fleetops.remotes.address import read_address

        address = read_address(entry, place, self.allowed.remotes)
        if address.label not in self.repository.mounts and self.allowed.fetch:
            self.repository.mounts[address.label] = self.allowed.fetch(address, place)
        self.brought.setdefault(address.label, place)
        real = self.resolve(within(address.label, "."), address.folder, place)
        if not self.repository.is_directory(real):
            raise InputError(f"{address.folder} is not a folder of {address.label}", place=place)
        self.enter(real, place, above)

    def resolve(self, folder: str, path: str, place: Place) -> str:
        """Find where a local path leads, and note the links on the way."""
        written = self.written(folder, path, place)
        real = self.repository.resolve(written, place=place)
        if real != written:
            self.links.update(links_on(self.repository, written, place))
        return real

    def written(self, folder: str, path: str, place: Place) -> str:
        """Give a local path from the repository's top, without links followed."""
        if is_remote(path):
            raise InputError(
                f"{path} is not in the repository",
                place=place,
                hint="only bases and components are fetched: keep a copy of it here",
            )
        if "://" in path:
            message = f"{path} is no URL of a Git repository that is fetched"
            raise InputError(message, place=place)
        if path.startswith("/") or "\0" in path:
            raise InputError(f"{path!r} is not a relative path", place=place)
        # As kustomize does, `..` is taken off before links are followed.
        label, inside = split(folder)
        written = os.path.normpath(os.path.join(inside, path))  # noqa: PTH118
        if written == ".." or written.startswith("../"):
            raise InputError(f"{path} leads out of the repository", place=place)
        return within(label, written)

    def locate(self, folder: str, path: str, place: Place) -> str:
        """Find a file, which kustomize only reads in or below the kustomization's folder."""
        real = self.resolve(folder, path, place)
        if not is_below(real, folder):
            raise InputError(
                f"{path} is not in or below {folder}",
                place=place,
                hint="kustomize reads files from other folders only as resources of those",
            )
        if self.repository.size(real) is None:
            raise InputError(f"{path} is not a file", place=place)
        return real

    def file(self, folder: str, path: str, place: Place) -> str:
        """Note a file that is read."""
        real = self.locate(folder, path, place)
        if (self.repository.size(real) or 0) > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES // 1024**2} MiB", place=place)
        self.files.add(real)
        return real

    def chart(self, folder: str, chart: Chart) -> Chart:
        """Note the files of a chart, and those with its values."""
        if not self.repository.exists(self.written(folder, chart.folder, chart.place)):
            raise InputError(
                f"the chart {chart.name} is not in {chart.folder}",
                place=chart.place,
                hint=f"charts are not pulled, so put it there: cd {folder} && {chart.pull}",
            )
        root = self.resolve(folder, chart.folder, chart.place)
        size = 0
        for number, path in enumerate(self.repository.below(root)):
            inside = path[len(root) :].lstrip("/")
            real = self.file(folder, f"{chart.folder}/{inside}", chart.place)
            size += self.repository.size(real) or 0
            if number >= MAX_FILES or size > MAX_CHART:
                raise InputError(
                    f"the chart {chart.name} has more than {MAX_FILES} files or"
                    f" {MAX_CHART // 1024**2} MiB",
                    place=chart.place,
                )
        for path, place in chart.values:
            self.file(folder, path, place)
        return replace(chart, folder=root)


def _circle(folder: str, above: tuple[str, ...]) -> str:
    """Give the way round if a folder leads back to one that it is read for."""
    for number, visited in enumerate(above):
        if visited == folder or is_below(visited, folder):
            return " → ".join((*above[number:], folder))
    return ""


def _fits(closure: Closure, above: tuple[str, ...]) -> bool:
    """Tell whether a base stands below these as it stood below others."""
    folders = [one.folder for one in closure.kustomizations]
    return len(above) + len(folders) <= MAX_NESTING and not any(
        _circle(folder, above) for folder in folders
    )


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is in a folder."""
    return folder == "." or path.startswith(f"{folder}/")
