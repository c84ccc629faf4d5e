"""A repository as it was at a commit, and then at each one before that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fleetops.catalogue import CONFIG, read_layout, read_releases
from fleetops.errors import InputError
from fleetops.files import Repository
from fleetops.git.log import renamed_from
from fleetops.git.replica import Replica
from fleetops.kustomization import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fleetops.api.bench import Bench
    from fleetops.catalogue import Release
    from fleetops.catalogue.layout import Layout
    from fleetops.git import Git
    from fleetops.git.log import Blob, Step


class Rewind:
    """The files of one commit after the other, and what fleetops.yaml and the catalogue say there.

    Raises InputError for a commit that has no files here, or such as no work tree could have.
    """

    def __init__(self, bench: Bench, git: Git, start: str) -> None:
        self._git = git
        self._replica = Replica(git, start, bench.folder("past"), NAMES)
        self.repository = Repository.at(self._replica.root)
        self._catalogue = bench.fleet.config.catalogue
        self._layout: Layout | None = None
        self._releases: Mapping[str, Release] | None = None

    def go_back(self, step: Step) -> None:
        """Come to be at the parent of a step's commit."""
        self._replica.go_back(step)
        if CONFIG in step.before:
            self._layout = None
        if any(path.startswith((f"{self._catalogue}/", CONFIG)) for path in step.before):
            self._releases = None

    def concerns(self, step: Step) -> bool:
        """Tell whether a step may have changed what somebody does not know the files of."""
        return any(
            path == CONFIG or path.endswith(NAMES) or self._replica.is_of_use(path)
            for path in step.before
        )

    def blobs(self, paths: Iterable[str]) -> dict[str, Blob | None]:
        """Give what the commit has at paths."""
        return {path: self._replica.blob(path) for path in paths}

    def layout(self) -> Layout:
        """Give what fleetops.yaml says at this commit; the folder holds it then."""
        self._replica.bring(CONFIG)
        if self._layout is None:
            self._layout = read_layout(self.repository)
        return self._layout

    def releases(self) -> Mapping[str, Release]:
        """Give the catalogue of this commit; none where it cannot be read."""
        if self._releases is None:
            self._catalogue = self.layout().catalogue or self._catalogue
            self._replica.bring(os.path.normpath(self._catalogue))
            try:
                self._releases = read_releases(self.repository, self._catalogue)
            except InputError:
                self._releases = {}
        return self._releases

    def former_folder(self, step: Step, path: str) -> str | None:
        """Give the folder from which a step's commit has brought a file, if it has."""
        former = renamed_from(self._git, step, path)
        return former.rpartition("/")[0] if former else None
