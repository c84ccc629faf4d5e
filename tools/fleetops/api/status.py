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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fleetops.api.fleet import Fleet
    from fleetops.catalogue import Environment, Release


def status(fleet: Fleet, narrate: Callable[[str], None]) -> Status:
    """Tell what each environment runs of each service, and what is off."""
    versions = _versions(fleet, narrate)
    return Status(
        environments=tuple(
            _environment(fleet, environment, versions[environment.name])
            for environment in fleet.config.environments
        )
    )


def releases(fleet: Fleet, narrate: Callable[[str], None]) -> Releases:
    """List the catalogue, and where each release runs."""
    running: dict[str, list[str]] = {name: [] for name in fleet.releases}
    for environment, versions in _versions(fleet, narrate).items():
        if release := running_release(versions, fleet.releases):
            running[release.name].append(environment)
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


def _versions(fleet: Fleet, narrate: Callable[[str], None]) -> dict[str, Mapping[str, set[str]]]:
    environments = fleet.config.environments
    with bench(fleet, narrate) as place:
        closures = [(fleet.repository, fleet.closure(one)) for one in environments]
        with place.kustomize.start(closures) as rendering:
            renders = rendering.renders()
        return {
            environment.name: place.scene(environment, render).versions
            for environment, render in zip(environments, renders, strict=True)
        }


def _environment(
    fleet: Fleet, environment: Environment, versions: Mapping[str, set[str]]
) -> EnvironmentStatus:
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
        off=tuple(_off(services, versions, running, fleet.releases)),
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
