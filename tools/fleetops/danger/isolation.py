"""Rules on NetworkPolicies: whom they let through whom they did not."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from fleetops.change.meaning import meaning
from fleetops.danger.blocks import block_within
from fleetops.danger.interface import Danger, Rule, Weight
from fleetops.manifests import dig, mappings

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
    none, which means all. Narrow it to the peers and ports that are needed.
    """
    before = _policies(change.before)
    for policy in change.after.of("networking.k8s.io", "NetworkPolicy"):
        if policy == change.before.find(*policy.reference):
            continue
        selector = policy.get("spec", "podSelector")
        selected = change.after.selected(policy.reference.namespace, selector)
        known = [
            before[one.manifest.reference] for one in selected if one.manifest.reference in before
        ]
        for direction, (key, peers) in _DIRECTIONS.items():
            for index, rule in mappings(policy.get("spec", key)):
                shape = f"NetworkPolicy.spec.{key}"
                if direction in _types(policy) and any(
                    _opens(rule, policies, direction, peers, shape) for policies in known
                ):
                    message = f"an {direction.lower()} rule lets more through"
                    yield Danger(message, policy, ("spec", key, index))


def _opens(
    rule: dict[str, Any], policies: Sequence[Manifest], direction: str, peers: str, shape: str
) -> bool:
    """Tell whether a rule lets through what the policies of a pod did not."""
    isolating = [one for one in policies if direction in _types(one)]
    key = _DIRECTIONS[direction][0]
    rules = [old for one in isolating for _, old in mappings(one.get("spec", key))]
    return bool(isolating) and not any(
        _covers(old.get(peers), rule.get(peers), f"{shape}.{peers}")
        and _covers(old.get("ports"), rule.get("ports"), f"{shape}.ports")
        for old in rules
    )


def _covers(old: Any, new: Any, shape: str) -> bool:  # noqa: ANN401
    """Tell whether all that a list lets through was let through by another; none means all."""
    wide = [one for _, one in mappings(old)]
    narrow = [one for _, one in mappings(new)]
    if not wide:
        return True
    return bool(narrow) and all(any(_within(one, each, shape) for one in wide) for each in narrow)


def _within(wide: dict[str, Any], narrow: dict[str, Any], shape: str) -> bool:
    if meaning(shape, "", wide) == meaning(shape, "", narrow):
        return True
    if "ipBlock" in wide or "ipBlock" in narrow:
        return block_within(narrow.get("ipBlock"), wide.get("ipBlock"))
    if "podSelector" not in {*wide, *narrow}:
        return False
    # Pods of the policy's own namespace, or of the namespaces that are selected.
    if (wide.get("namespaceSelector") is None) != (narrow.get("namespaceSelector") is None):
        return False
    return all(
        _selects_less(wide.get(key), narrow.get(key))
        for key in ("podSelector", "namespaceSelector")
    )


def _selects_less(wide: Any, narrow: Any) -> bool:  # noqa: ANN401
    """Tell whether a selector asks for all that another one does, or more."""
    wanted, given = dig(wide, "matchLabels") or {}, dig(narrow, "matchLabels") or {}
    expressions = [
        {meaning("Selector.matchExpressions", "", one) for _, one in mappings(listed)}
        for listed in (dig(wide, "matchExpressions"), dig(narrow, "matchExpressions"))
    ]
    labels = isinstance(wanted, dict) and isinstance(given, dict)
    return labels and wanted.items() <= given.items() and expressions[0] <= expressions[1]


RULES = (Rule(isolation_lost, Weight.REFUSE), Rule(network_policy_widened, Weight.REFUSE))
