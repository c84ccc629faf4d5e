"""Checks on what governs pods from outside: traffic, disruption, scaling."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from fleetops.checks.interface import Check, Problem
from fleetops.checks.pods import protocol
from fleetops.manifests import Reference, Severity, dig, home, mappings, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.checks.interface import Scene
    from fleetops.checks.pods import Workload
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest


def network_policy_selects_nothing(scene: Scene) -> Iterator[Problem]:
    """A NetworkPolicy is about no pods.

    What it should isolate stays open, or what it should let through stays closed, and nothing says
    so. No workload of this render in the policy's namespace has the labels of its podSelector:
    correct the selector or the labels. An empty podSelector means every pod and is left alone.
    """
    for policy in _network_policies(scene):
        selector = policy.get("spec", "podSelector")
        if selector and not any(scene.selected(policy.reference.namespace, selector)):
            where = ("spec", "podSelector")
            yield Problem("no pod has the labels of podSelector", policy.reference, where)


def network_policy_peer_absent(scene: Scene) -> Iterator[Problem]:
    """A NetworkPolicy lets through traffic with pods that are not there.

    A peer with only a podSelector means pods of the policy's own namespace, and no workload of this
    render has these labels there, so the traffic that is meant stays closed. Correct the labels, or
    add a namespaceSelector to the same peer if the pods are in another namespace.
    """
    for policy in _network_policies(scene):
        for path, rule, peers in _rules(policy):
            for index, peer in mappings(rule.get(peers)):
                selector = peer.get("podSelector")
                if peer.get("namespaceSelector") is not None or not selector:
                    continue
                if not any(scene.selected(policy.reference.namespace, selector)):
                    where = (*path, peers, index, "podSelector")
                    yield Problem("no pod has the labels of this peer", policy.reference, where)


def network_policy_port_absent(scene: Scene) -> Iterator[Problem]:
    """A NetworkPolicy opens a named port that no pod has.

    The name is looked up, with its protocol, in the pods that receive the traffic: those of
    podSelector for ingress, the peers for egress. Where none has it the rule opens nothing. Correct
    the name, name the port in the container, or give the number. Peers beyond the policy's
    namespace are not known, so nothing is said of their ports.
    """
    for policy in _network_policies(scene):
        for path, rule, peers in _rules(policy):
            named = [
                (index, port)
                for index, port in mappings(rule.get("ports"))
                if isinstance(port.get("port"), str)
            ]
            receivers = _receivers(scene, policy, rule, peers) if named else []
            ports = {port for pod in receivers for port in pod.ports()}
            for index, port in named:
                name, by = port["port"], protocol(port)
                if receivers and (name, by) not in ports:
                    yield Problem(
                        f"no pod that receives this has a port {name} ({by})",
                        policy.reference,
                        (*path, "ports", index, "port"),
                    )


def _network_policies(scene: Scene) -> Iterator[Manifest]:
    return scene.of("networking.k8s.io", "NetworkPolicy")


def _rules(policy: Manifest) -> Iterator[tuple[NodePath, dict[str, Any], str]]:
    """Give the rules with their paths and the key of their peers."""
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in mappings(policy.get("spec", direction)):
            yield ("spec", direction, index), rule, peers


def _receivers(scene: Scene, policy: Manifest, rule: dict[str, Any], peers: str) -> list[Workload]:
    """Give the pods that receive what a rule lets through; none where not all are known."""
    namespace = policy.reference.namespace
    if peers == "from":
        return list(scene.selected(namespace, policy.get("spec", "podSelector")))
    found: list[Workload] = []
    for _, peer in mappings(rule.get(peers)):
        selector = peer.get("podSelector")
        if selector is None or peer.get("namespaceSelector") is not None:
            return []
        found.extend(scene.selected(namespace, selector))
    return found


def disruption_budget_selects_nothing(scene: Scene) -> Iterator[Problem]:
    """A PodDisruptionBudget protects no pods.

    A drained node takes all the pods that it should keep running. No workload of this render in the
    budget's namespace has the labels of its selector (a budget without selector has no pods
    either): correct the selector or the labels.
    """
    for budget in _budgets(scene):
        if not any(_protected(scene, budget)):
            where = written(budget, "spec", "selector")
            yield Problem("no pod has the labels of the selector", budget.reference, where)


def disruption_budget_blocks_eviction(scene: Scene) -> Iterator[Problem]:
    """A PodDisruptionBudget never lets a pod be evicted.

    With a maxUnavailable of 0, or a minAvailable that is all the pods there are, no node that runs
    one can be drained, so upgrades of the cluster hang. Percentages of minAvailable are rounded up:
    50% of one replica is one. Where a HorizontalPodAutoscaler scales the workload, its maxReplicas
    count. Lower minAvailable, allow one pod to be unavailable, or run more replicas.
    """
    ceilings = _ceilings(scene)
    for budget in _budgets(scene):
        spare, least = (budget.get("spec", key) for key in ("maxUnavailable", "minAvailable"))
        if spare in (0, "0%"):
            where = ("spec", "maxUnavailable")
            yield Problem(f"maxUnavailable is {spare}", budget.reference, where)
        count = _count(_protected(scene, budget), ceilings)
        if _takes_all(least, count):
            said = "all pods" if count is None else f"all pods, of which there are {count}"
            where = ("spec", "minAvailable")
            yield Problem(f"minAvailable {least} means {said}", budget.reference, where)


def _budgets(scene: Scene) -> Iterator[Manifest]:
    return scene.of("policy", "PodDisruptionBudget")


def _protected(scene: Scene, budget: Manifest) -> Iterator[Workload]:
    selector = budget.get("spec", "selector")
    if selector is not None:
        yield from scene.selected(budget.reference.namespace, selector)


def _takes_all(least: Any, count: int | None) -> bool:  # noqa: ANN401
    if type(least) is int:
        return count is not None and 0 < count <= least
    percent = re.fullmatch(r"([0-9]{1,9})%", least) if isinstance(least, str) else None
    if percent is None:
        return False
    share = Fraction(int(percent[1]), 100)
    return share >= 1 or (count is not None and 0 < count <= ceil(share * count))


def _count(workloads: Iterator[Workload], ceilings: Mapping[Reference, int]) -> int | None:
    """Add up how many pods there can be; None where a workload does not say."""
    total = 0
    for workload in workloads:
        count = ceilings.get(_at_home(workload.manifest.reference), workload.replicas)
        if count is None:
            return None
        total += count
    return total


def _ceilings(scene: Scene) -> dict[Reference, int]:
    """The most replicas that each scaled workload can have."""
    return {
        _at_home(target): most
        for autoscaler in _autoscalers(scene)
        if (target := _target(autoscaler))
        and type(most := autoscaler.get("spec", "maxReplicas")) is int
    }


def _at_home(reference: Reference) -> Reference:
    return reference._replace(namespace=home(reference.namespace))


def autoscaler_target_absent(scene: Scene) -> Iterator[Problem]:
    """A HorizontalPodAutoscaler scales something that is not there.

    It then scales nothing, and says so only in its status. Add the target to the autoscaler's
    namespace, or correct apiVersion, kind and name of scaleTargetRef: all three have to fit.
    """
    for autoscaler in _autoscalers(scene):
        target = _target(autoscaler)
        if target and scene.find(*target) is None:
            version = autoscaler.get("spec", "scaleTargetRef", "apiVersion")
            message = f"there is no {target.short} of {version or 'the core group'} to scale"
            where = ("spec", "scaleTargetRef", "name")
            yield Problem(message, autoscaler.reference, where)


def autoscaler_fixed_replicas(scene: Scene) -> Iterator[Problem]:
    """A workload has both an autoscaler and a fixed number of replicas.

    Each sync sets the number that is written, and the autoscaler then sets its own again: pods are
    stopped and started for nothing, at the worst under load. Take `replicas` out of the workload
    and leave the number to minReplicas and maxReplicas.
    """
    for autoscaler in _autoscalers(scene):
        target = _target(autoscaler)
        workload = scene.find(*target) if target else None
        if workload and workload.get("spec", "replicas") is not None:
            message = f"{autoscaler.reference.short} scales this, and replicas is fixed"
            yield Problem(message, workload.reference, ("spec", "replicas"))


def _autoscalers(scene: Scene) -> Iterator[Manifest]:
    return scene.of("autoscaling", "HorizontalPodAutoscaler")


def _target(autoscaler: Manifest) -> Reference | None:
    """Give what an autoscaler scales; None where that is not written as it should be."""
    target = autoscaler.get("spec", "scaleTargetRef")
    kind, name = dig(target, "kind"), dig(target, "name")
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    group = str(dig(target, "apiVersion") or "").rpartition("/")[0]
    return Reference(group, kind, autoscaler.reference.namespace, name)


CHECKS = (
    Check(network_policy_selects_nothing, Severity.ERROR),
    Check(network_policy_peer_absent, Severity.ERROR),
    Check(network_policy_port_absent, Severity.ERROR),
    Check(disruption_budget_selects_nothing, Severity.ERROR),
    Check(disruption_budget_blocks_eviction, Severity.ERROR),
    Check(autoscaler_target_absent, Severity.ERROR),
    Check(autoscaler_fixed_replicas, Severity.WARNING),
)
