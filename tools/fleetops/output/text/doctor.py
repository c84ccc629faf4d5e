"""Which programs there are, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.doctor import Doctor


def lines(result: Doctor) -> list[str]:
    """Write it as lines."""
    rows = [("program", "version", "found", "where")]
    notes = []
    optional = [one for one in result.programs if one.optional and one.fix]
    for one in result.programs:
        missing = "optional" if one.optional else "missing"
        rows.append((one.name, one.version or "-", one.origin or missing, one.path or "-"))
        if one.note and not one.optional:
            notes.append(f"{one.name}: {one.note}")
        if one.fix and not one.optional:
            notes.append(f"{one.name} {one.accepted} is needed: {one.fix}")
    for fix in dict.fromkeys(one.fix for one in optional):
        names = ", ".join(one.name for one in optional if one.fix == fix)
        notes.append(f"optional: {fix} ({names})")
    return [*table(rows), *notes, *(["all that is needed is there"] if result.ok else [])]
