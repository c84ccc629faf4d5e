"""Findings that say the same of several environments, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.words import count, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fleetops.api.results.findings import Finding


class Group(Struct, frozen=True):
    """What is said of one place, and the environments of which it is said."""

    finding: Finding
    """Of the first of them."""
    environments: tuple[str, ...]

    @property
    def where(self) -> str:
        """Name the environments."""
        return named(self.environments)


def unreached(names: Sequence[str]) -> str:
    """Say how many environments a change does not reach; nothing where it is none."""
    if not names:
        return ""
    return f"{count(len(names), 'environment')} {'is' if len(names) == 1 else 'are'} not reached"


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Bring together what differs in the environment only; each stands where the first stood."""
    found: dict[Finding, dict[str, None]] = {}
    for one in findings:
        # Without a place it is the environment that is named as the place.
        key = replace(one, environment="") if one.file else one
        found.setdefault(key, {})[one.environment] = None
    return [
        Group(replace(key, environment=next(iter(names))), tuple(names))
        for key, names in found.items()
    ]
