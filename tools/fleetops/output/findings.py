"""A finding or a danger as a line, as compilers write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetops.api.results import Danger, Finding


def finding(
    one: Finding | Danger, name: str, where: str | None = None, weight: str | None = None
) -> str:
    """Say where it is, how grave, by which check or rule, what, and of which object.

    `where` says in which environments it is, if it is not one alone, and `weight` how grave it is
    where that is another matter than for the check or rule.
    """
    place = ":".join(str(part) for part in (one.file, one.line) if part)
    resource = f" ({one.resource}{' ' + one.path if one.path else ''})" if one.resource else ""
    return (
        f"{place or one.environment}: {weight or one.severity}: [{name}] "
        f"{where or one.environment}: {one.message}{resource}"
    )
