"""A finding or a danger as a line, as compilers write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetops.api.results import Danger, Finding


def finding(one: Finding | Danger, name: str, where: str | None = None) -> str:
    """Say where it is, how grave, by which check or rule, what, and of which object.

    `where` says in which environments it is, if it is not one alone.
    """
    place = ":".join(str(part) for part in (one.file, one.line) if part)
    resource = f" ({one.resource}{' ' + one.path if one.path else ''})" if one.resource else ""
    return (
        f"{place or one.environment}: {one.severity}: [{name}] "
        f"{where or one.environment}: {one.message}{resource}"
    )
