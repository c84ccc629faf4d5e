"""Rules on what takes a service away while it is updated, or from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.checks.pods import protocol
from fleetops.checks.policies import disruption_budget_blocks_eviction
from fleetops.danger.interface import Danger, Rule, Weight
from fleetops.manifests import dig, mappings, written
from fleetops.quantities import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks import Scene, Workload
    from fleetops.danger.interface import Change
    from fleetops.manifests import Manifest


def scaled_to_zero(change: Change) -> Iterator[Danger]:
    """A workload comes to have no pods.

    Its replicas go to 0, so that nothing of it runs. Where it is to go, take it out of the render;
    where it is to rest, accept this rule and say until when.
    """
    for before, workload in change.workloads():
        if before is not None and workload.replicas == 0 and before.replicas != 0:
            message = f"replicas go from {before.replicas} to 0"
            yield Danger(message, workload.manifest, ("spec", "replicas"))


def recreate_introduced(change: Change) -> Iterator[Danger]:
    """A Deployment comes to stop all its pods before it starts new ones.

    With the strategy Recreate each update is an outage, for as long as the new pods take to become
    ready. That is right where two pods must not run side by side, as with a ReadWriteOnce volume;
    elsewhere leave RollingUpdate.
    """
    for pair in change.changed("apps", "Deployment"):
        path = ("spec", "strategy", "type")
        if pair.new.get(*path) == "Recreate" != pair.old.get(*path):
            yield pair.danger("the strategy becomes Recreate", *path)


def service_unselected(change: Change) -> Iterator[Danger]:
    """A Service no longer selects the pods that it has selected.

    Its selector, or the labels of the pods, have changed or the pods have left the render, and
    nothing stands behind it: whoever calls it is refused. Make the selector and the labels of the
    pod template agree.
    """
    for service in _services(change):
        if _behind(change.before, service) and not _behind(change.after, service):
            yield Danger("selects no pod any more", service, ("spec", "selector"))


def endpoints_gone(change: Change) -> Iterator[Danger]:
    """The last endpoint of a Service goes.

    It still selects workloads, but all of them are scaled to 0, or none of them has the port of
    that name any more: whoever calls it is refused. Keep one pod, and the name of the port.
    """
    for service in _services(change):
        before, after = _behind(change.before, service), _behind(change.after, service)
        if not after:
            continue
        if all(one.replicas == 0 for one in after) and any(one.replicas != 0 for one in before):
            yield Danger("all that it selects is scaled to 0", service, ("spec", "selector"))
        for index, port in mappings(service.get("spec", "ports")):
            name, by = port.get("targetPort"), protocol(port)
            offered = [{each for one in side for each in one.ports()} for side in (before, after)]
            if isinstance(name, str) and (name, by) in offered[0] - offered[1]:
                path = ("spec", "ports", index, "targetPort")
                yield Danger(f"no selected pod has a port {name} ({by}) any more", service, path)


def _services(change: Change) -> Iterator[Manifest]:
    """Give the Services that there were before."""
    for service in change.after.of("", "Service"):
        if change.before.find(*service.reference) is not None:
            yield service


def _behind(scene: Scene, service: Manifest) -> list[Workload]:
    """Give the workloads that a Service selects in a scene, by its selector in that scene."""
    reference = service.reference
    there = scene.find(*reference)
    selector = dig(there.value if there else None, "spec", "selector")
    if not isinstance(selector, dict) or not selector:
        return []
    return list(scene.selected(reference.namespace, {"matchLabels": selector}))


def disruption_budget_blocks(change: Change) -> Iterator[Danger]:
    """A PodDisruptionBudget comes to block every eviction.

    It is new or has changed, or its workload has fewer replicas, and no node that runs one of the
    pods could be drained any more: upgrades of the cluster hang. Allow one pod to be unavailable,
    or run more replicas.
    """
    known = {one.resource for one in disruption_budget_blocks_eviction(change.before)}
    for problem in disruption_budget_blocks_eviction(change.after):
        if problem.resource is not None and problem.resource not in known:
            manifest = change.after.find(*problem.resource)
            if manifest is not None:
                yield Danger(problem.message, manifest, problem.path)


def resources_lowered(change: Change) -> Iterator[Danger]:
    """A container gets less than it has had.

    A limit or request of it is below the former one, or the request is gone; a limit stands for a
    request that is not written. With less memory a container that needed more is killed, with a
    lower request it may stand on a node that has no room for it. Lower them only as far as what it
    really takes.
    """
    for old_workload, workload in change.workloads():
        if old_workload is None:
            continue
        former = {str(one.get("name")): one for _, one in old_workload.containers()}
        for path, container in workload.containers():
            old = former.get(str(container.get("name")), {})
            for key in ("limits", "requests"):
                amounts = _amounts(container, key)
                for name, before in _amounts(old, key).items():
                    new = amounts.get(name)
                    said = _lowered(f"the {key[:-1]} of {name}", before, new)
                    # A limit that is gone is no less.
                    if said and not (key == "limits" and new is None):
                        where = written(workload.manifest, *path, "resources", key, name)
                        yield Danger(said, workload.manifest, where)


def _amounts(container: dict[str, Any], key: str) -> dict[str, Any]:
    """Give the limits or requests of a container; a limit stands for a request that is absent."""
    listed = dig(container, "resources", key)
    amounts = listed if isinstance(listed, dict) else {}
    return {**_amounts(container, "limits"), **amounts} if key == "requests" else amounts


def _lowered(what: str, old: object, new: object) -> str | None:
    before, after = quantity(old), quantity(new)
    if before is None or (after is not None and after >= before):
        return None
    if after is None:
        return f"{what} was {old} and is gone" if new is None else None
    return f"{what} goes from {old} to {new}"


RULES = (
    Rule(scaled_to_zero, Weight.REFUSE),
    Rule(recreate_introduced, Weight.WARN),
    Rule(service_unselected, Weight.REFUSE),
    Rule(endpoints_gone, Weight.REFUSE),
    Rule(disruption_budget_blocks, Weight.WARN),
    Rule(resources_lowered, Weight.WARN),
)
