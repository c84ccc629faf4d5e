"""Rules on NetworkPolicies: whom they let through whom they did not."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from fleetops.danger.interface import Danger, Rule, Weight
from fleetops.danger.traffic import traffic, within
from fleetops.manifests import mappings, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.checks import Scene
    from fleetops.danger.interface import Change
    from fleetops.manifests import Manifest, Reference

_DIRECTIONS = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}


def isolation_lost(change: Change) -> Iterator[Danger]:
    """A pod is no longer isolated by any NetworkPolicy.

    The last policy that was about it is gone, says less in policyTypes, or selects other labels: in
    that direction every traffic is let through now. Put the policy back, or the label.
    """
    before, after = _policies(change.before), _policies(change.after)
    for _, workload in change.workloads():
        reference = workload.manifest.reference
        for direction in _DIRECTIONS:
            was = [one for one in before.get(reference, ()) if direction in _types(one)]
            if was and not any(direction in _types(one) for one in after.get(reference, ())):
                # The last one is about these pods, a policy for all pods stands for more.
                last = min(was, key=lambda one: not one.get("spec", "podSelector"))
                now = change.after.find(*last.reference)
                message = f"{reference.short} is open to all {direction.lower()}"
                yield Danger(message, now or last, ("spec",), gone=now is None)


def _policies(scene: Scene) -> Mapping[Reference, list[Manifest]]:
    """Give the policies that each workload's pods are selected by."""
    found: dict[Reference, list[Manifest]] = defaultdict(list)
    for policy in scene.of("networking.k8s.io", "NetworkPolicy"):
        selector = policy.get("spec", "podSelector")
        for workload in scene.selected(policy.reference.namespace, selector):
            found[workload.manifest.reference].append(policy)
    return found


def _types(policy: Manifest) -> list[Any]:
    types = policy.get("spec", "policyTypes")
    if isinstance(types, list) and types:
        return types
    return ["Ingress", "Egress"] if policy.get("spec", "egress") else ["Ingress"]


def network_policy_widened(change: Change) -> Iterator[Danger]:
    """A NetworkPolicy lets more through.

    Pods that were isolated before are reached by, or reach, peers or ports that no rule let through
    then: a rule is new, names more of them, a wider ipBlock or one with fewer exceptions, or names
    none, which means all; or the pods have another label, by which a policy selects them that did
    not. Narrow it to the peers and ports that are needed.
    """
    before, after = _policies(change.before), _policies(change.after)
    told: set[tuple[Reference, str, int]] = set()
    for _, workload in change.workloads():
        reference = workload.manifest.reference
        known = before.get(reference, [])
        for policy in after.get(reference, ()) if known else ():
            if policy in known:
                continue
            wider = [
                (key, index)
                for direction, (key, _) in _DIRECTIONS.items()
                for index in _wider(policy, known, direction)
            ]
            if wider and policy == change.before.find(*policy.reference):
                message = f"{policy.reference.short} comes to select it, and lets more through"
                labels = (*workload.template, "metadata", "labels")
                yield Danger(message, workload.manifest, written(workload.manifest, *labels))
                continue
            for key, index in wider:
                if (policy.reference, key, index) not in told:
                    told.add((policy.reference, key, index))
                    yield Danger(f"an {key} rule lets more through", policy, ("spec", key, index))


def _wider(policy: Manifest, known: Sequence[Manifest], direction: str) -> Iterator[int]:
    """Give the rules of a policy that let through what those of a pod before did not."""
    key, peers = _DIRECTIONS[direction]
    isolating = [one for one in known if direction in _types(one)]
    if not isolating or direction not in _types(policy):
        return
    let = [
        each
        for one in isolating
        for _, rule in mappings(one.get("spec", key))
        for each in traffic(rule, peers)
    ]
    namespace = policy.reference.namespace
    for index, rule in mappings(policy.get("spec", key)):
        if not all(any(within(new, old, namespace) for old in let) for new in traffic(rule, peers)):
            yield index


RULES = (Rule(isolation_lost, Weight.REFUSE), Rule(network_policy_widened, Weight.REFUSE))
