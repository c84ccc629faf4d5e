"""What a cluster runs of each environment that is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results.live import DriftStatus, LiveStatus, RolloutStatus, SyncStatus
from fleetops.api.services import services
from fleetops.catalogue import running_release
from fleetops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleetops.api.view import Seen, Subject, View
    from fleetops.manifests import Reference


def live(view: View, subjects: Sequence[Subject], *, asked: bool) -> Mapping[str, LiveStatus]:
    """Tell of each environment what the cluster runs, by name.

    Without being asked for, an environment is there if something syncs its overlay, or if workloads
    of its render are there that no other's controller brought. Raises UsageError where it cannot be
    told which environment they belong to, and ProgramError where the cluster does not answer.
    """
    seen = {
        subject.environment.name: view.look(subject, view.syncs(subject)) for subject in subjects
    }
    there = seen if asked else _there(seen)
    return {
        subject.environment.name: told(view, subject, there[subject.environment.name])
        for subject in subjects
        if subject.environment.name in there
    }


def _there(seen: Mapping[str, Seen]) -> dict[str, Seen]:
    synced = {name: one for name, one in seen.items() if one.syncs}
    brought = frozenset().union(*(one.found for one in synced.values()))
    owners: dict[Reference, str] = {}
    for name, one in seen.items():
        for reference in sorted(one.found - brought):
            owner = owners.setdefault(reference, name)
            if owner != name:
                raise UsageError(
                    f"{reference} is in the cluster, and both {owner} and {name} have it",
                    hint="say with --env which of them is in this cluster",
                )
    return {name: one for name, one in seen.items() if one.syncs or name in owners.values()}


def told(view: View, subject: Subject, seen: Seen) -> LiveStatus:
    """Make a result of what was seen of an environment."""
    running = running_release(seen.versions, view.fleet.releases)
    return LiveStatus(
        release=running.name if running else None,
        services=services(view.fleet, seen.versions),
        syncs=tuple(
            SyncStatus(
                controller=one.controller,
                resource=str(one.resource),
                repository=one.repository,
                states=one.states,
                ok=one.ok,
                failed=one.failed,
                applied=view.commit(one.applied, subject),
                attempted=view.commit(one.attempted, subject),
                messages=one.messages,
                elsewhere=one.elsewhere or None,
            )
            for one in seen.syncs
        ),
        rollouts=tuple(
            RolloutStatus(resource=str(reference), waits_for=why)
            for reference, why in seen.rollouts
        ),
        drift=tuple(
            DriftStatus(
                resource=str(one.resource),
                container=one.container,
                live=one.live,
                rendered=one.rendered,
            )
            for one in seen.drift
        ),
    )
