"""What a value means, however it is written: its order, its units, what the API fills in."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import msgspec

from fleetops.change.defaults import is_default
from fleetops.lists import is_set, keeps_order, merge_keys
from fleetops.quantities import quantity
from fleetops.shapes import below

_QUANTITIES = re.compile(
    r"\.(?:limits|requests|capacity|hard|overhead)\.[^.]+\Z"
    r"|\ALimitRange\.spec\.limits\.(?:default|defaultRequest|max|min)\.[^.]+\Z"
    r"|\.(?:sizeLimit|divisor|averageValue|target\.value)\Z"
)
"""The shapes of resource.Quantity in the API."""
_DURATIONS = re.compile(r"(?:\A|[a-z])(?:[iI]nterval|[tT]imeout|[dD]uration|renewBefore)\Z")
"""The names of metav1.Duration in custom resources: Flux's, Argo CD's, cert-manager's."""
_DURATION = re.compile(r"(?:[0-9]{1,18}(?:\.[0-9]{0,18})?(?:ns|us|µs|ms|s|m|h)){1,8}\Z")
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 10**3),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}


def encoded(value: Any) -> bytes:  # noqa: ANN401
    """Give what is equal for values of the same types, in whatever order of keys."""
    return msgspec.json.encode(value, order="deterministic")


def meaning(shape: str, name: str, value: Any) -> bytes:  # noqa: ANN401
    """Give what is equal for values that mean the same, in a field of this shape and name."""
    return encoded(_normal(shape, name, value))


def _normal(shape: str, name: str, value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {
            key: _normal(inside, key, item)
            for key, item in value.items()
            if not is_default(inside := below(shape, key), key, item, value)
        }
    if isinstance(value, list):
        items = [_normal(below(shape, at), "", item) for at, item in enumerate(value)]
        keyed = merge_keys(shape) and not keeps_order(shape, value)
        return sorted(items, key=encoded) if keyed or is_set(shape) else items
    amount = None
    if _QUANTITIES.search(shape):
        amount = quantity(value)
    elif not shape and _DURATIONS.search(name):
        amount = duration(value)
    return value if amount is None else [str(amount)]


def duration(value: Any) -> Fraction | None:  # noqa: ANN401
    """Give the seconds of a duration as Go writes it, as in `1h30m`; None for what is none."""
    if not isinstance(value, str) or not _DURATION.match(value):
        return None
    return sum(
        (Fraction(number) * _UNITS[unit] for number, unit in _PART.findall(value)), Fraction()
    )
