"""What a cluster runs of an environment."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fleetops.api.results.services import ServiceStatus  # noqa: TC001 - the types of fields, which msgspec reads


class CommitStatus(Struct, frozen=True, kw_only=True):
    """A commit, and how far it is from the work tree's."""

    commit: str
    """Its full name."""
    relation: Literal["same", "behind", "ahead", "diverged", "absent", "unknown"]
    """`absent` where this repository does not have it, `unknown` where there is no git or commit to
    compare it with."""
    behind: int = 0
    """How many commits the work tree has that it has not."""
    ahead: int = 0
    """How many it has that the work tree has not."""
    changed: bool = False
    """Whether the files of the environment's overlay differ between the two."""


class SyncStatus(Struct, frozen=True, kw_only=True):
    """What a GitOps controller says of an environment."""

    controller: Literal["argocd", "flux"]
    resource: str
    """The Application or Kustomization."""
    repository: str
    """The URL that it syncs from; empty where it does not say."""
    states: tuple[str, ...]
    """In its own words, as in `OutOfSync` and `Healthy`."""
    ok: bool
    """It says that all of `applied` is in the cluster, and healthy."""
    failed: bool
    """It says that the sync of `attempted`, the newest that it knows of, has failed."""
    applied: CommitStatus | None
    """The commit whose objects it has brought into the cluster, None where there is none."""
    attempted: CommitStatus | None
    """The newest commit that it has looked at; likewise."""
    messages: tuple[str, ...]
    """What it complains of in its own words, and in those of the API server where that refused."""
    elsewhere: str | None
    """The cluster that it syncs into, None where that is the one that it is in."""


class RolloutStatus(Struct, frozen=True, kw_only=True):
    """A workload or claim of the render, as it is in a cluster."""

    resource: str
    waits_for: str | None
    """What it waits for, None where it has arrived."""


class DriftStatus(Struct, frozen=True, kw_only=True):
    """A container that runs another image in a cluster than its render says."""

    resource: str
    container: str
    live: str | None
    """None where it is not in the cluster."""
    rendered: str | None
    """None where it is not in the render."""


class LiveStatus(Struct, frozen=True, kw_only=True):
    """What a cluster runs of an environment."""

    release: str | None
    """The release that it runs as a whole."""
    services: tuple[ServiceStatus, ...]
    syncs: tuple[SyncStatus, ...]
    """None where neither an Application nor a Kustomization has its overlay as path."""
    rollouts: tuple[RolloutStatus, ...]
    """None where everything that syncs it does so into another cluster."""
    drift: tuple[DriftStatus, ...]


class ClusterSeen(Struct, frozen=True, kw_only=True):
    """A cluster that was looked at."""

    context: str
    kubernetes: str
    """The version of its API server."""
    commit: str | None
    """The work tree's, None where there is no git or no commit."""
    notes: tuple[str, ...] = ()
    """What could not be seen, and why."""
