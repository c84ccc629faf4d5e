"""What runs where, from the repository alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.fleet import bench
from fleetops.api.results import (
    EnvironmentStatus,
    Releases,
    ReleaseSummary,
    ServiceStatus,
    Status,
)
from fleetops.catalogue import releases_with, running_release
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fleetops.api.fleet import Fleet
    from fleetops.catalogue import Environment, Release


def status(fleet: Fleet, narrate: Callable[[str], None]) -> Status:
    """Tell what each environment runs of each service, and what is off."""
    return Status(
        environments=tuple(
            _environment(fleet, environment, versions)
            for environment, versions in _versions(fleet, narrate)
        )
    )


def releases(fleet: Fleet, narrate: Callable[[str], None]) -> Releases:
    """List the catalogue, and where each release runs."""
    running: dict[str, list[str]] = {name: [] for name in fleet.releases}
    for environment, versions in _versions(fleet, narrate):
        if isinstance(versions, InputError):
            raise versions
        if release := running_release(versions, fleet.releases):
            running[release.name].append(environment.name)
    return Releases(
        releases=tuple(
            ReleaseSummary(
                release=release.name,
                description=release.description,
                images={
                    service: f"{image.name}{image.version}"
                    for service, image in release.images.items()
                },
                environments=tuple(running[release.name]),
            )
            for release in fleet.releases.values()
        )
    )


def _versions(
    fleet: Fleet, narrate: Callable[[str], None]
) -> Iterator[tuple[Environment, Mapping[str, set[str]] | InputError]]:
    """Give the versions that run in each environment, or why it cannot be rendered."""
    environments = fleet.config.environments
    with bench(fleet, narrate) as place:
        for environment, render in zip(environments, place.survey(environments), strict=True):
            if isinstance(render, InputError):
                yield environment, render
            else:
                yield environment, place.scene(environment, render).versions


def _environment(
    fleet: Fleet, environment: Environment, found: Mapping[str, set[str]] | InputError
) -> EnvironmentStatus:
    versions = {} if isinstance(found, InputError) else found
    running = running_release(versions, fleet.releases)
    services = {
        service: image.name
        for release in fleet.releases.values()
        for service, image in release.images.items()
    }
    expected = {
        service: image.version for service, image in (running.images if running else {}).items()
    }
    return EnvironmentStatus(
        environment=environment.name,
        release=running.name if running else None,
        services=tuple(
            ServiceStatus(
                service=service,
                image=name,
                versions=tuple(sorted(versions.get(name, ()))),
                expected=expected.get(service),
            )
            for service, name in services.items()
        ),
        off=(
            (f"cannot be rendered: {found.summary}",)
            if isinstance(found, InputError)
            else tuple(_off(services, found, running, fleet.releases))
        ),
    )


def _off(
    services: Mapping[str, str],
    versions: Mapping[str, set[str]],
    running: Release | None,
    releases: Mapping[str, Release],
) -> Iterator[str]:
    for service, name in services.items():
        ones = sorted(versions.get(name, ()))
        if len(ones) > 1:
            yield f"{service} runs {len(ones)} versions: {', '.join(ones)}"
        for version in ones:
            known = releases_with(name, version, releases)
            if not known:
                yield f"{service}{version} is in no release"
            elif running is None:
                yield f"{service}{version} is in {', '.join(known)}"
    if running is None:
        yield "no release runs as a whole"
