"""What is called within other traffic is let through by that too, packet by packet."""

from __future__ import annotations

import ipaddress
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleetops.checks.pods import selects
from fleetops.danger.traffic import Traffic, within

# ruff: noqa: ANN401 - rules are of any shape

NAME = "kubernetes.io/metadata.name"
NAMESPACES = [{NAME: "shop"}, {NAME: "till", "team": "a"}, {NAME: "bank", "team": "b"}]
PODS = [{}, {"team": "a"}, {"team": "b"}, {"team": "a", NAME: "shop"}]
ADDRESSES = [ipaddress.ip_address(f"192.0.2.{last}") for last in range(8)]
PORTS = [*product((5, 6, 7), ("TCP",)), (5, "UDP")]

VALUES = st.lists(st.sampled_from(["a", "b", "shop"]), min_size=1, max_size=2, unique=True)
KEYS = st.sampled_from(["team", NAME])
EXPRESSIONS = st.one_of(
    st.fixed_dictionaries(
        {"key": KEYS, "operator": st.sampled_from(["In", "NotIn"]), "values": VALUES}
    ),
    st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(KEYS, st.sampled_from(["a", "shop"]), max_size=2),
        "matchExpressions": st.lists(EXPRESSIONS, max_size=2),
    },
)
BLOCKS = st.fixed_dictionaries(
    {"cidr": st.sampled_from(["192.0.2.0/29", "192.0.2.0/30", "192.0.2.4/30", "192.0.2.1/32"])}
)
EXCEPTING = st.fixed_dictionaries(
    {
        "cidr": st.just("192.0.2.0/29"),
        "except": st.lists(st.sampled_from(["192.0.2.0/30", "192.0.2.2/31", "192.0.2.1/32"])),
    }
)
PEERS = st.one_of(
    st.none(),
    st.fixed_dictionaries({"podSelector": SELECTORS}, optional={"namespaceSelector": SELECTORS}),
    st.fixed_dictionaries({"namespaceSelector": SELECTORS}),
    st.fixed_dictionaries({"ipBlock": BLOCKS | EXCEPTING}),
)
PROTOCOLS = {"protocol": st.sampled_from(["TCP", "UDP"])}
NUMBERED = st.fixed_dictionaries(
    {"port": st.just(5)}, optional={"endPort": st.sampled_from([6, 7]), **PROTOCOLS}
)
PORT_RULES = st.one_of(
    st.none(),
    NUMBERED,
    st.fixed_dictionaries({}, optional={"port": st.sampled_from([6, 7, "http"]), **PROTOCOLS}),
)
TRAFFIC = st.builds(Traffic, PEERS, PORT_RULES)


def passes_port(rule: Any, number: int, protocol: str, http: int) -> bool:
    if rule is None:
        return True
    first = http if rule.get("port") == "http" else rule.get("port")
    return rule.get("protocol", "TCP") == protocol and (
        first is None or first <= number <= rule.get("endPort", first)
    )


def from_pod(peer: Any, namespace: dict[str, str], labels: dict[str, str]) -> bool:
    if peer is None:
        return True
    if "ipBlock" in peer:
        return False
    where = peer.get("namespaceSelector", {"matchLabels": {NAME: "shop"}})
    return selects(where, namespace) and selects(peer.get("podSelector", {}), labels)


def from_address(peer: Any, address: Any) -> bool:
    block = {} if peer is None else peer.get("ipBlock")
    if not block:
        return block is not None
    inside = [
        address in ipaddress.ip_network(one) for one in (block["cidr"], *block.get("except", ()))
    ]
    return inside[0] and not any(inside[1:])


def packets(one: Traffic) -> set[Any]:
    senders = {
        *(("pod", *at) for at in product(range(3), range(4))
          if from_pod(one.peer, NAMESPACES[at[0]], PODS[at[1]])),
        *(address for address in ADDRESSES if from_address(one.peer, address)),
    }  # fmt: skip
    ports = {
        (number, protocol, http)
        for (number, protocol), http in product(PORTS, (5, 6))
        if passes_port(one.port, number, protocol, http)
    }
    return set(product(senders, ports))


def on_team(operator: str, *values: str) -> Traffic:
    expression = {"key": "team", "operator": operator, **({"values": [*values]} if values else {})}
    return Traffic({"podSelector": {"matchExpressions": [expression]}}, None)


@settings(max_examples=200, deadline=None)
@given(TRAFFIC, TRAFFIC)
@example(Traffic({"namespaceSelector": {}}, None), Traffic({"podSelector": {}}, None))
@example(Traffic(None, {"port": "http"}), Traffic(None, {"port": 5}))
@example(Traffic(None, {"port": 5, "endPort": 7}), Traffic(None, {"port": 5, "endPort": 6}))
@example(Traffic({"podSelector": {}}, None), Traffic({"ipBlock": {"cidr": "192.0.2.0/29"}}, None))
@example(on_team("In", "a", "b"), on_team("In", "a"))
@example(on_team("NotIn", "a"), on_team("NotIn", "a", "b"))
@example(on_team("NotIn", "a"), on_team("Exists"))
def test_what_is_within_other_traffic_is_let_through_by_it(narrow: Traffic, wide: Traffic) -> None:
    if within(narrow, wide, "shop"):
        assert packets(narrow) <= packets(wide)
    assert within(narrow, narrow, "shop")
    assert within(narrow, Traffic(None, None), "shop")
