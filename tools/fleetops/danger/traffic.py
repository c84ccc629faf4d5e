"""What the rules of NetworkPolicies let through, and which of it is within which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fleetops.checks.pods import protocol
from fleetops.danger.blocks import block_within
from fleetops.manifests import dig, home, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMESPACE = "kubernetes.io/metadata.name"
"""The label that the API server gives to every namespace."""


class Traffic(NamedTuple):
    """One peer of a rule on one of its ports; None stands for all of them."""

    peer: dict[str, Any] | None
    port: dict[str, Any] | None


def traffic(rule: dict[str, Any], peers: str) -> Iterator[Traffic]:
    """Give what a rule lets through whose peers are under a key."""
    for peer in _listed(rule.get(peers)):
        for port in _listed(rule.get("ports")):
            yield Traffic(peer, port)


def _listed(value: Any) -> list[dict[str, Any] | None]:  # noqa: ANN401
    return [one for _, one in mappings(value)] if value else [None]


def within(narrow: Traffic, wide: Traffic, namespace: str) -> bool:
    """Tell whether all of one traffic is let through as the other, in one namespace.

    False too where that is not certain: two selectors of different labels may select the same.
    """
    return _port_within(narrow.port, wide.port) and _peer_within(narrow.peer, wide.peer, namespace)


def _port_within(narrow: dict[str, Any] | None, wide: dict[str, Any] | None) -> bool:
    if narrow is None or wide is None:
        return wide is None
    if protocol(narrow) != protocol(wide):
        return False
    inner, outer = narrow.get("port"), wide.get("port")
    if type(inner) is int and type(outer) is int:
        return outer <= inner and _last(narrow, inner) <= _last(wide, outer)
    # A name is a number that each pod may choose.
    return outer is None or bool(inner == outer)


def _last(port: dict[str, Any], first: int) -> int:
    end = port.get("endPort")
    return end if type(end) is int else first


def _peer_within(narrow: dict[str, Any] | None, wide: dict[str, Any] | None, own: str) -> bool:
    if narrow is None or wide is None:
        return wide is None
    if "ipBlock" in wide or "ipBlock" in narrow:
        return block_within(narrow.get("ipBlock"), wide.get("ipBlock"))
    return _selects_within(narrow.get("podSelector"), wide.get("podSelector")) and _selects_within(
        _namespaces(narrow, own), _namespaces(wide, own)
    )


def _namespaces(peer: dict[str, Any], own: str) -> Any:  # noqa: ANN401
    selector = peer.get("namespaceSelector")
    return {"matchLabels": {_NAMESPACE: home(own)}} if selector is None else selector


def _selects_within(narrow: Any, wide: Any) -> bool:  # noqa: ANN401
    """Tell whether a selector asks for all that another one does, or more."""
    asked = list(_requirements(narrow))
    return all(any(_implies(one, each) for one in asked) for each in _requirements(wide))


def _requirements(selector: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    labels = dig(selector, "matchLabels")
    for key, value in labels.items() if isinstance(labels, dict) else ():
        yield {"key": key, "operator": "In", "values": [value]}
    for _, expression in mappings(dig(selector, "matchExpressions")):
        yield expression


def _implies(strict: dict[str, Any], loose: dict[str, Any]) -> bool:
    if strict.get("key") != loose.get("key"):
        return False
    asked, given = (
        values if isinstance(values := one.get("values"), list) else [] for one in (strict, loose)
    )
    match strict.get("operator"), loose.get("operator"):
        case ("In", "In"):
            return all(one in given for one in asked)
        case ("NotIn", "NotIn"):
            return all(one in asked for one in given)
        case ("In" | "Exists", "Exists") | ("DoesNotExist", "DoesNotExist"):
            return True
    return False
