"""The services of the catalogue, each with the versions in which it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results.services import ServiceStatus
from fleetops.catalogue import running_release

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from fleetops.api.fleet import Fleet


def images_of(fleet: Fleet) -> dict[str, str]:
    """Give the image's name of each service that any release has."""
    return {
        service: image.name
        for release in fleet.releases.values()
        for service, image in release.images.items()
    }


def services(fleet: Fleet, versions: Mapping[str, AbstractSet[str]]) -> tuple[ServiceStatus, ...]:
    """Say of each service which versions are run, and which the release that is run has."""
    running = running_release(versions, fleet.releases)
    expected = {
        service: image.version for service, image in (running.images if running else {}).items()
    }
    return tuple(
        ServiceStatus(
            service=service,
            image=name,
            versions=tuple(sorted(versions.get(name, ()))),
            expected=expected.get(service),
        )
        for service, name in images_of(fleet).items()
    )
