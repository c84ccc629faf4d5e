"""The bench on which a repository is rendered and checked, for as long as one command takes."""

from __future__ import annotations

import contextlib
import tempfile
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from fleetops.api.fleet import Means
from fleetops.api.progress import Progress
from fleetops.errors import InputError
from fleetops.kustomization import NAMES
from fleetops.laid_out import as_kustomization, copy
from fleetops.programs import HELM, KUBECONFORM, KUSTOMIZE, ensure
from fleetops.render import Kustomize, Render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment
    from fleetops.checks import Scene
    from fleetops.errors import FleetopsError, Place
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.manifests import Manifest
    from fleetops.remotes.address import Address
    from fleetops.remotes.snapshot import Snapshot

_TEXTS = 32
"""Texts that are held: the next environment has most of them too."""


class Bench(Struct, frozen=True, dict=True):
    """The programs and a scratch folder, for as long as one command takes."""

    fleet: Fleet
    scratch: Path
    narrate: Narrate
    guarded: Path
    """The work tree, of which no program is ever run."""
    revision: str = "HEAD"
    """The commit whose history tells what ran, if the fleet is not that of the work tree."""

    @cached_property
    def progress(self) -> Progress:
        """Tells how far it has come."""
        return Progress(self.narrate)

    @cached_property
    def kustomize(self) -> Kustomize:
        """The kustomize to render with; built if there is none."""
        program = ensure(KUSTOMIZE, self.guarded, self.narrate)
        helm = self.fleet.means.helm if self.fleet.means else None
        return Kustomize(program, self.folder("home"), helm, self.progress.wait)

    @cached_property
    def kubeconform(self) -> Path:
        """The kubeconform to check with; built if there is none."""
        return ensure(KUBECONFORM, self.guarded, self.narrate)

    def folder(self, name: str) -> Path:
        """Make an empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))

    @contextlib.contextmanager
    def surveying(
        self,
        environments: Iterable[Environment],
        before: Callable[[Closure], None] = lambda _closure: None,
    ) -> Iterator[Iterator[Render | InputError]]:
        """Give the renders of environments as they come; an error stands for one that has none.

        `before` is called before an overlay is rendered. Raises ProgramError where kustomize cannot
        be had, or does not end in time.
        """

        def overlay(environment: Environment) -> tuple[Repository, Closure] | InputError:
            try:
                closure = self.fleet.closure(environment)
            except InputError as error:
                return error
            before(closure)
            return self.fleet.repository, closure

        overlays: Iterable[tuple[Repository, Closure] | InputError] = map(overlay, environments)
        if self.fleet.config.remotes or self.fleet.config.helm:
            # What is fetched or built takes longer than a render may.
            overlays = list(overlays)
        with self.kustomize.start(overlays) as rendering:
            yield map(_usable, rendering.each())

    def survey(self, environments: Sequence[Environment]) -> list[Render | InputError]:
        """Render environments, as `surveying` does."""
        with self.surveying(environments) as outcomes:
            many = len(environments)
            # A single one is part of something else, which is told of.
            return list(
                self.progress.counted("rendering", outcomes, many) if many > 1 else outcomes
            )

    def edited(
        self, repository: Repository, closure: Closure, changed: Mapping[str, str]
    ) -> Repository:
        """Make a scratch copy of what an overlay consists of, with some files changed."""
        return copy(repository, closure, self.folder("copy"), changed)

    def scene(
        self, environment: Environment, render: Render, repository: Repository | None = None
    ) -> Scene:
        """Set an environment's render up for the checks.

        `repository` is what it was rendered from, where that is not the work tree.
        """
        source = repository or self.fleet.repository
        from fleetops.checks import Scene

        def probe(path: str, value: dict[str, Any]) -> tuple[Manifest, ...] | None:
            copy = self.edited(source, render.closure, {path: as_kustomization(value)})
            with self.kustomize.start([(copy, render.closure)]) as rendering:
                (outcome,) = rendering.each()
            return outcome.manifests if isinstance(outcome, Render) else None

        return Scene(
            environment.name,
            render.manifests,
            self.fleet.releases,
            render.closure,
            probe,
            self._read if source is self.fleet.repository else source.read_text,
        )

    @cached_property
    def _read(self) -> Callable[[str], str]:
        """Reads the texts that environments share, as those of a base, only once."""
        return lru_cache(_TEXTS)(self.fleet.repository.read_text)


def _usable(outcome: Render | FleetopsError) -> Render | InputError:
    if isinstance(outcome, Render | InputError):
        return outcome
    raise outcome


@contextlib.contextmanager
def bench(fleet: Fleet, narrate: Narrate) -> Iterator[Bench]:
    """Set up a bench; its scratch folder goes with it."""
    guarded = fleet.repository.root

    def fetch(address: Address, place: Place) -> Snapshot:
        from fleetops.remotes import fetch

        return fetch.fetch(address, place, NAMES, guarded, narrate)

    means = Means(fetch, cache(lambda: ensure(HELM, guarded, narrate)))
    with tempfile.TemporaryDirectory(prefix="fleetops-") as scratch:
        able = msgspec.structs.replace(fleet, means=means)
        yield Bench(able, Path(scratch).resolve(), narrate, guarded)
