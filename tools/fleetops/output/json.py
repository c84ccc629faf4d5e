"""Results as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from fleetops.output.clean import CONTROL, HASH

if TYPE_CHECKING:
    import re

    from fleetops.api.results.base import Result


def as_json(result: Result) -> str:
    """Write a result as indented JSON, in which a terminal or a CI runner has nothing to obey."""
    text = json.dumps(msgspec.to_builtins(result), indent=2, ensure_ascii=False)
    # Both stand in strings only, where a code is the same character.
    return "\n".join(HASH.sub(_code, CONTROL.sub(_code, line)) for line in text.split("\n"))


def _code(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
