"""What an overlay consists of, as a value."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.errors import Place
from fleetops.kustomization import fields
from fleetops.kustomization.entries import image_entries
from fleetops.remotes.paths import is_local

if TYPE_CHECKING:
    from fleetops.goyaml import Document
    from fleetops.kustomization.charts import Chart
    from fleetops.kustomization.variables import Variables


class Kustomization(Struct, frozen=True):
    """One kustomization file."""

    folder: str
    """Relative to the repository, links resolved."""
    path: str
    """Likewise."""
    text: str
    document: Document
    resources: tuple[str, ...] = ()
    """The manifest files that it names."""
    patches: tuple[str, ...] = ()
    """The patch files that it names."""
    charts: tuple[Chart, ...] = ()
    """The Helm charts that it renders."""

    def place(self, *path: str | int) -> Place:
        """Find the line of a field."""
        return Place(self.path, self.document.line_of(path))


class Closure(Struct, frozen=True):
    """An overlay and all that it reads."""

    overlay: str
    """The folder, relative to the repository, links resolved."""
    kustomizations: tuple[Kustomization, ...]
    """In the order of application: bases first, the overlay's own last."""
    files: tuple[str, ...]
    """Everything else that is read, sorted."""
    links: tuple[tuple[str, str], ...]
    """Symbolic links on the way, sorted: where one is and where it leads, both without links."""
    variables: Variables | None = None
    """What Flux fills into the render."""
    remotes: dict[str, Place] = {}
    """What the paths in each commit of another repository begin with, to where that is named."""

    @property
    def own_kustomizations(self) -> tuple[Kustomization, ...]:
        """The kustomizations of the repository itself."""
        return tuple(one for one in self.kustomizations if is_local(one.folder))

    @property
    def own_files(self) -> tuple[str, ...]:
        """Every file of the repository itself, also the kustomizations."""
        own = (one.path for one in self.own_kustomizations)
        return (*filter(is_local, self.files), *own)

    @property
    def own_links(self) -> tuple[tuple[str, str], ...]:
        """The links of the repository itself."""
        return tuple(link for link in self.links if is_local(link[0]))

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The Helm charts in it, bases first."""
        return tuple(chart for one in self.kustomizations for chart in one.charts)

    @property
    def own_folders(self) -> tuple[str, ...]:
        """The folders of the repository itself in which another file would count too."""
        return tuple(filter(is_local, (one.folder for one in self.charts)))

    @property
    def absent(self) -> set[str]:
        """Where in the repository itself another kustomization file could be."""
        folders = (one.folder for one in self.own_kustomizations)
        names = {
            os.path.normpath(f"{folder}/{name}") for folder in folders for name in fields.NAMES
        }
        return names - {*self.own_files, *(written for written, _ in self.links)}

    @property
    def top(self) -> Kustomization:
        """The overlay's own kustomization."""
        return self.kustomizations[-1]

    def arriving(self, name: str) -> str:
        """Give the name under which an image of a base reaches the overlay's own `images:`."""
        for kustomization in self.kustomizations[:-1]:
            for entry in image_entries(kustomization.document):
                name = entry.rename(name) if entry.name == name else name
        return name
