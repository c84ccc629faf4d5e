"""The published JSON schemas."""

from __future__ import annotations

from typing import Any

import msgspec

from fleetops.api.results import RESULTS
from fleetops.catalogue import SCHEMAS
from fleetops.errors import UsageError
from fleetops.words import unknown

KINDS: dict[str, type] = {**SCHEMAS, **RESULTS}


def schema(name: str) -> dict[str, Any]:
    """Give the JSON schema of fleetops.yaml (`config`), release files or a command's result.

    Raises UsageError with the nearest name if there is none.
    """
    if name not in KINDS:
        raise UsageError(unknown("schema", name, KINDS))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"fleetops {name}",
        **msgspec.json.schema(KINDS[name]),
    }
