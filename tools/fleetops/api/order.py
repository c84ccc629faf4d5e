"""The order in which a release passes through the environments that have its services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from fleetops.catalogue import Config, Environment, Release

    Versions = Mapping[str, AbstractSet[str]]


class Asked(Struct, frozen=True):
    """The environment that is asked whether it runs a release, and what of it that can be."""

    environment: Environment
    release: Release
    """Of the services that there are in the environment."""
    versions: Versions
    """What runs there, as a scene gives it; nothing where that cannot be told."""


def asked_before(
    config: Config,
    environment: Environment,
    release: Release,
    versions: Callable[[Environment], Versions | None],
) -> Asked | None:
    """Find the environment before, for this release; None where none before has any of it.

    One that has none of its services can never run it, and is passed over. `versions` tells what
    runs in an environment; one of which it gives None is asked for all of the release.
    """
    previous = config.before(environment)
    while previous is not None:
        runs = versions(previous)
        if runs is None:
            return Asked(previous, release, {})
        there = {key: one for key, one in release.images.items() if one.name in runs}
        if there:
            return Asked(previous, replace(release, images=there), runs)
        previous = config.before(previous)
    return None
