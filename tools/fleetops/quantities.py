"""Quantities of Kubernetes, as in `20Gi` and `500m`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

# The grammar of k8s.io/apimachinery/pkg/api/resource. `E` is exa unless an exponent follows.
# Kubernetes caps what is beyond 2^63: such lengths say nothing, and would cost much.
_QUANTITY = re.compile(
    r"(?P<sign>[+-]?)(?P<number>[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,3})|(?P<suffix>[numkMGTPE]?|[KMGTPE]i))\Z"
)
_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}


def quantity(value: Any) -> Fraction | None:  # noqa: ANN401
    """Give the exact value of a quantity, which may be written as a number too.

    None for what is no quantity.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _QUANTITY.match(str(value))
    if not found:
        return None
    number = Fraction(f"{found['sign']}{found['number']}")
    if found["exponent"]:
        return number * Fraction(10) ** int(found["exponent"])
    return number * _SUFFIXES[found["suffix"]]
