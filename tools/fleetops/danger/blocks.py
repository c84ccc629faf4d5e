"""The addresses that an ipBlock of a NetworkPolicy lets through."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

from fleetops.manifests import dig


class _Range(NamedTuple):
    """Addresses from the first to the last, as numbers."""

    version: int
    first: int
    last: int


def block_within(narrow: Any, wide: Any) -> bool:  # noqa: ANN401
    """Tell whether a block lets through nothing that another one does not."""
    try:
        inner, outer = _let_through(narrow), _let_through(wide)
    except ValueError:
        return False
    return all(
        any(
            each.version == one.version and one.first <= each.first and each.last <= one.last
            for one in outer
        )
        for each in inner
    )


def _let_through(block: Any) -> list[_Range]:  # noqa: ANN401
    """Give the ranges of a block between its exceptions; raises ValueError where it is none."""
    whole, excepted = _range(dig(block, "cidr")), dig(block, "except")
    holes = sorted(map(_range, excepted if isinstance(excepted, list) else ()))
    found, start = [], whole.first
    for hole in holes:
        # The API server takes only exceptions that are inside of the block.
        if start < hole.first:
            found.append(_Range(whole.version, start, hole.first - 1))
        start = max(start, hole.last + 1)
    if start <= whole.last:
        found.append(_Range(whole.version, start, whole.last))
    return found


def _range(cidr: object) -> _Range:
    network = ipaddress.ip_network(str(cidr), strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    return _Range(network.version, first, last)
