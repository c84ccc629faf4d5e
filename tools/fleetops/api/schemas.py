"""The published JSON schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fleetops.api.results.capture import Capture
from fleetops.api.results.cluster import Clusters
from fleetops.api.results.comparison import Comparison
from fleetops.api.results.doctor import Doctor
from fleetops.api.results.failure import Failure
from fleetops.api.results.history import History
from fleetops.api.results.init import Initialisation
from fleetops.api.results.promotion import Promotion
from fleetops.api.results.rehearsal import Rehearsal
from fleetops.api.results.releases import Releases
from fleetops.api.results.report import Report
from fleetops.api.results.status import Status
from fleetops.api.results.validation import Validation
from fleetops.api.results.wait import Wait
from fleetops.catalogue import SCHEMAS
from fleetops.errors import UsageError
from fleetops.words import unknown

if TYPE_CHECKING:
    from fleetops.api.results.base import Result

RESULTS: dict[str, type[Result]] = {
    "promote": Promotion,
    "rehearse": Rehearsal,
    "validate": Validation,
    "diff": Comparison,
    "status": Status,
    "wait": Wait,
    "history": History,
    "releases": Releases,
    "capture": Capture,
    "init": Initialisation,
    "doctor": Doctor,
    "cluster": Clusters,
    "report": Report,
    "error": Failure,
}
"""By the value of `command`."""
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
