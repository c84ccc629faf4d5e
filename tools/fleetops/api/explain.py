"""The pages of the checks."""

from __future__ import annotations

from fleetops.checks import IDS
from fleetops.errors import UsageError
from fleetops.words import unknown


def explain(name: str) -> str:
    """Give the page of a check, or a list of all checks if `name` is empty.

    Raises UsageError with the nearest name if there is no such check.
    """
    if not name:
        width = max(map(len, IDS))
        return "\n".join(
            f"{check.id:{width}}  {check.severity.value:7}  {check.title}" for check in IDS.values()
        )
    if name not in IDS:
        raise UsageError(unknown("check", name, IDS))
    check = IDS[name]
    return f"{check.id} ({check.severity.value}): {check.page}"
