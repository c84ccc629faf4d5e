"""The cluster that something is tried on: a new one, one that is kept, or one that is given."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api import cluster as clusters
from fleetops.cluster import explained
from fleetops.cluster.given import Given, kubectl_for, reached, read_context
from fleetops.errors import RefusedError
from fleetops.programs.places import is_inside
from fleetops.rehearsal import Stand, alone, clear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fleetops.cluster import Cluster

KEPT = "rehearsal"
"""The name of the cluster that is kept from one rehearsal to the next."""
_START_SECONDS = 120.0


class Where(Struct, frozen=True):
    """Which cluster is wanted; a new one that ends with its use, unless something is said."""

    keep: bool = False
    """The kept one, and what comes into it is left there until the next use."""
    kubeconfig: Path | None = None
    """One that is given."""
    context: str | None = None
    """Its context, None for the current one."""
    allowed: Sequence[str] = ()
    """The contexts that may be used, besides fleetops' own."""
    timeout: float = 120.0
    """The seconds that its use takes at most."""


class Place(Struct, frozen=True):
    """A stand, and where its kubeconfig is."""

    stand: Stand
    kubeconfig: Path


@contextlib.contextmanager
def stand(directory: Path, where: Where, narrate: Callable[[str], None]) -> Iterator[Place]:
    """Give the cluster, empty of what an earlier use left, and alone in the block.

    Raises UsageError for a context that there is none of, RefusedError for one that is not allowed
    or is in use, and ProgramError where the cluster is not to be had.
    """
    if where.kubeconfig is not None:
        kubeconfig = where.kubeconfig.absolute()
        with _given(directory, kubeconfig, where, narrate) as given, _cleared(given, where):
            yield Place(given, kubeconfig)
    elif where.keep:
        kept = clusters.keep(directory, KEPT, _START_SECONDS, narrate)
        with _own(kept) as own, _cleared(own, where):
            yield Place(own, kept.kubeconfig)
    else:
        narrate("starting a throwaway Kubernetes")
        with clusters.throwaway(directory, KEPT, _START_SECONDS, narrate) as new, _own(new) as own:
            yield Place(own, new.kubeconfig)


@contextlib.contextmanager
def _own(cluster: Cluster) -> Iterator[Stand]:
    own = Stand(cluster.access, lends=True, shared=False)
    with explained(cluster.folder), contextlib.closing(own.client):
        yield own


@contextlib.contextmanager
def _given(
    directory: Path, kubeconfig: Path, where: Where, narrate: Callable[[str], None]
) -> Iterator[Stand]:
    repository = directory.absolute()
    kubectl = kubectl_for(repository, narrate)
    if is_inside(kubeconfig, repository):
        raise RefusedError(
            f"the kubeconfig {where.kubeconfig} is in the repository, and what it names is run",
            hint="use one that is yours, outside of it",
        )
    name, server = read_context(Given(kubectl, repository, kubeconfig, where.context))
    # By its name from here on: the current one may become another meanwhile.
    given = Given(kubectl, repository, kubeconfig, name)
    folder = clusters.folder_beside(kubeconfig, name, server)
    own = folder is not None
    if not own and name not in where.allowed:
        raise RefusedError(
            f"the context {name} is not named as one of a throwaway cluster",
            hint="if nobody would miss anything in it, name it under throwaway_contexts in"
            " fleetops.yaml",
        )
    known = explained(folder) if folder else contextlib.nullcontext()
    with known, reached(given) as access:
        found = Stand(access, lends=own, shared=True)
        with contextlib.closing(found.client):
            yield found


@contextlib.contextmanager
def _cleared(found: Stand, where: Where) -> Iterator[None]:
    """Have it alone; a cluster of somebody else's is left as it was, unless that is not wanted."""
    with alone(found, where.timeout):
        clear(found)
        try:
            yield
        finally:
            if not where.keep:
                clear(found)
