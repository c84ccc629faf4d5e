"""The pages of the checks and of the danger rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops import checks, danger
from fleetops.errors import UsageError
from fleetops.words import unknown

if TYPE_CHECKING:
    from fleetops.checks import Check
    from fleetops.danger import Rule

PAGES: dict[str, Check | Rule] = {**checks.IDS, **danger.IDS}


def explain(name: str) -> str:
    """Give the page of a check or rule, or a list of all if `name` is empty.

    Raises UsageError with the nearest name if there is none.
    """
    if not name:
        width = max(map(len, PAGES))
        return "\n".join(
            f"{one.id:{width}}  {one.severity.value:7}  {one.title}" for one in PAGES.values()
        )
    if name not in PAGES:
        raise UsageError(unknown("check", name, PAGES), hint="fleetops explain lists them all")
    one = PAGES[name]
    return f"{one.id} ({one.severity.value}): {one.page}"
