"""What a shell offers for a half-written word; it says nothing where there is nothing to say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fleetops.errors import FleetopsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fleetops.api.fleet import Fleet


def releases(incomplete: str) -> list[str]:
    """Offer the releases of the catalogue."""
    return _offer(lambda fleet: fleet.releases, incomplete)


def environments(incomplete: str) -> list[str]:
    """Offer the environments."""
    return _offer(lambda fleet: [one.name for one in fleet.config.environments], incomplete)


def checks(incomplete: str) -> list[str]:
    """Offer the IDs of the checks."""
    from fleetops.checks import IDS

    return [name for name in IDS if name.startswith(incomplete)]


def schemas(incomplete: str) -> list[str]:
    """Offer the names of the schemas."""
    from fleetops.api.schemas import KINDS

    return [name for name in KINDS if name.startswith(incomplete)]


def _offer(names: Callable[[Fleet], Iterable[str]], incomplete: str) -> list[str]:
    from fleetops.api.fleet import open_fleet

    try:
        return [name for name in names(open_fleet(Path())) if name.startswith(incomplete)]
    except FleetopsError:
        return []
