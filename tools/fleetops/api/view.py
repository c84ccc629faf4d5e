"""A cluster, reached only to be read, and the repository that it is compared with."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.results.live import ClusterSeen, CommitStatus
from fleetops.cluster.given import Given, kubectl_for, reached, read_context
from fleetops.git.history import open_history
from fleetops.kube import Kinds, UnreachableError
from fleetops.live import (
    again,
    controllers,
    drifts,
    placed,
    present,
    same_repository,
)
from fleetops.rehearsal.rollouts import MOVING, goes_when_done, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from fleetops.api.fleet import Fleet
    from fleetops.catalogue import Environment
    from fleetops.checks import Scene
    from fleetops.git.history import History
    from fleetops.kube import Client
    from fleetops.live import Controllers, Drift, Sync
    from fleetops.manifests import Reference


class Target(Struct, frozen=True):
    """The cluster that is meant: without a word the one that kubectl would use."""

    kubeconfig: Path | None = None
    context: str | None = None


class Subject(Struct, frozen=True):
    """An environment, and its render."""

    environment: Environment
    scene: Scene

    @property
    def files(self) -> frozenset[str]:
        """What the overlay consists of, relative to the repository."""
        closure = self.scene.closure
        if closure is None:
            return frozenset()
        return frozenset((*closure.own_files, *(link for link, _ in closure.own_links)))


class Seen(Struct, frozen=True):
    """What there is of an environment in a cluster."""

    syncs: Sequence[Sync] = ()
    found: frozenset[Reference] = frozenset()
    """The workloads and claims that are there."""
    versions: Mapping[str, set[str]] = {}
    """As `Scene.versions`, of what is there."""
    rollouts: tuple[tuple[Reference, str | None], ...] = ()
    """What each workload and claim waits for, None where it has arrived."""
    drift: tuple[Drift, ...] = ()


class View(Struct, frozen=True, dict=True):
    """The cluster of a context."""

    fleet: Fleet
    client: Client
    context: str
    kubernetes: str
    """The version of the API server."""

    @cached_property
    def history(self) -> History | None:
        """What is known of Git."""
        return open_history(self.fleet.repository.root)

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self.client)

    @cached_property
    def _controllers(self) -> Controllers:
        return controllers(self.client)

    @cached_property
    def _commits(self) -> dict[tuple[str, str], CommitStatus]:
        return {}

    def syncs(self, subject: Subject) -> list[Sync]:
        """Give what syncs an environment into this cluster, or from it into another.

        Where several repositories have a folder of that name, those of this one count.
        """
        found = self._controllers.of(self._folder(subject.environment))
        ours = [one for one in found if self._is_ours(one, subject)]
        return ours or found

    def again(self, subject: Subject, syncs: Sequence[Sync]) -> list[Sync]:
        """Give what those that were found say by now."""
        folder = self._folder(subject.environment)
        read = (again(self.client, one, folder) for one in syncs)
        return [one for one in read if one is not None]

    def _folder(self, environment: Environment) -> str:
        """Give the overlay as it is called from the top of the Git repository."""
        return f"{self.history.prefix if self.history else ''}{environment.overlay}"

    def _is_ours(self, sync: Sync, subject: Subject) -> bool:
        remotes = self.history.remotes if self.history else ()
        return same_repository(sync.repository, remotes) or any(
            commit is not None and commit.relation not in {"absent", "unknown"}
            for commit in (
                self.commit(sync.applied, subject),
                self.commit(sync.attempted, subject),
            )
        )

    def look(self, subject: Subject, syncs: Sequence[Sync]) -> Seen:
        """Look at the workloads of an environment; ProgramError where that is refused."""
        here = [one for one in syncs if not one.elsewhere]
        if syncs and not here:
            return Seen(syncs)
        manifests = tuple(placed(subject.scene.manifests, here[0] if here else None))
        there = present(self.client, self._kinds, manifests)
        rollouts = []
        for manifest in manifests:
            reference, live = manifest.reference, there.get(manifest.reference)
            if live is not None and (reference.group, reference.kind) in MOVING:
                rollouts.append((reference, waits_for(live.value)))
            elif live is None and not goes_when_done(manifest.value):
                rollouts.append((reference, "it is not there"))
        return Seen(
            syncs,
            frozenset(there),
            replace(subject.scene, manifests=tuple(there.values())).versions,
            tuple(rollouts),
            tuple(
                drift
                for manifest in manifests
                if manifest.reference in there
                for drift in drifts(manifest, there[manifest.reference])
            ),
        )

    def commit(self, commit: str, subject: Subject) -> CommitStatus | None:
        """Say of a commit how far it is from the work tree's; None for none."""
        if not commit:
            return None
        key = (commit, subject.environment.name)
        if key not in self._commits:
            self._commits[key] = _commit_status(commit, self.history, subject.files)
        return self._commits[key]

    def seen(self) -> ClusterSeen:
        """Say which cluster it is, and what it does not let be seen."""
        return ClusterSeen(
            context=self.context,
            kubernetes=self.kubernetes,
            commit=self.history.head if self.history else None,
            notes=self._controllers.unseen,
        )


def _commit_status(commit: str, history: History | None, files: frozenset[str]) -> CommitStatus:
    if history is None:
        return CommitStatus(commit=commit, relation="unknown")
    distance = history.distance(commit)
    compared = distance.relation not in {"same", "absent"}
    return CommitStatus(
        commit=commit,
        relation=distance.relation,
        behind=distance.behind,
        ahead=distance.ahead,
        changed=compared and not files.isdisjoint(history.changed_since(commit)),
    )


@contextmanager
def reach(fleet: Fleet, target: Target, narrate: Callable[[str], None]) -> Iterator[View]:
    """Reach a cluster within the block; nothing is written to it.

    Raises UsageError where there is no such context, and ProgramError where there is no kubectl or
    the cluster does not answer.
    """
    root = fleet.repository.root
    kubeconfig = target.kubeconfig.absolute() if target.kubeconfig else None
    given = Given(kubectl_for(root, narrate), root, kubeconfig, target.context)
    context, _ = read_context(given)
    with reached(given) as access:
        client = access.client()
        answer = client.ask("GET", "/version")
        if not answer.ok:
            raise UnreachableError(
                f"the cluster of the context {context} does not answer: {answer.message}"
            )
        yield View(fleet, client, context, str(answer.value.get("gitVersion", "")))
