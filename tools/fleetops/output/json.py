"""Results as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from fleetops.api.results import Result


def as_json(result: Result) -> str:
    """Write a result as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(result)).decode()
