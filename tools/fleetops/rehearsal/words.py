"""The field that the API server means, from its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.goyaml import NodePath

_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[\"?([^\]\"]*)\"?\]")
_UNKNOWN: Final = re.compile(r'unknown field "([^"]+)"|(?<!\S)\.(\S+): field not declared')
_WARNED: Final = re.compile(r"(?:^|: )((?:spec|metadata|data|rules|webhooks)[\w.\[\]]*)")


def field_path(fields: Sequence[str], message: str) -> NodePath:
    """Give the path of the first field that is refused, () where none is named.

    The causes of a refusal name fields, as in `spec.ports[0].nodePort`; other refusals and
    warnings have them in their sentence only.
    """
    if fields:
        return _path(fields[0])
    found = _UNKNOWN.search(message) or _WARNED.search(message)
    return _path(next(one for one in found.groups() if one)) if found else ()


def _path(field: str) -> NodePath:
    steps: list[str | int] = []
    for key, index, quoted in _STEP.findall(field):
        steps.append(int(index) if index else key or quoted)
    return tuple(steps)
