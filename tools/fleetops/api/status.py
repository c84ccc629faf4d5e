"""What runs where: from the repository alone and, if a cluster is named, from that too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.bench import bench
from fleetops.api.lag import with_lags
from fleetops.api.recall import Recall
from fleetops.api.results.releases import Releases, ReleaseSummary
from fleetops.api.results.status import EnvironmentStatus, Status
from fleetops.api.services import images_of, services
from fleetops.catalogue import releases_with, running_release, versions_of
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.api.results.live import LiveStatus
    from fleetops.api.view import Target
    from fleetops.catalogue import Environment, Release
    from fleetops.checks import Scene

    Versions = Mapping[str, set[str]]
    """In which each image is run, as in `:release2`."""


def status(
    fleet: Fleet,
    environments: Sequence[str],
    target: Target | None,
    narrate: Narrate,
) -> Status:
    """Tell what each environment, or each of those named, runs of each service, and what is off.

    With a target also what that cluster runs of them, as `live` says. Raises UsageError for an
    unknown environment or context, and ProgramError where a program is missing or the cluster does
    not answer.
    """
    config = fleet.config
    ones = tuple(map(config.environment, environments)) or config.environments
    with bench(fleet, narrate) as place:
        running: Mapping[str, LiveStatus] = {}
        cluster = None
        if target is None:
            known = dict(_known(place, ones))
        else:
            from fleetops.api.live import live
            from fleetops.api.view import Subject, reach

            scenes = dict(_scenes(place, ones))
            known = {one: _versions(scene) for one, scene in scenes.items()}
            subjects = [
                Subject(environment, scene)
                for environment, scene in scenes.items()
                if not isinstance(scene, InputError)
            ]
            with reach(fleet, target, narrate) as view:
                running = live(view, subjects, asked=bool(environments))
                cluster = view.seen()
        found = [
            _environment(fleet, environment, versions, running.get(environment.name))
            for environment, versions in known.items()
        ]
        return Status(environments=tuple(with_lags(place, found)), cluster=cluster)


def releases(fleet: Fleet, narrate: Narrate) -> Releases:
    """List the catalogue, and where each release runs."""
    running: dict[str, list[str]] = {name: [] for name in fleet.releases}
    notes = []
    with bench(fleet, narrate) as place:
        for environment, versions in _known(place, fleet.config.environments):
            if isinstance(versions, InputError):
                notes.append(f"{environment.name} cannot be rendered: {versions.summary}")
            elif release := running_release(versions, fleet.releases):
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
        ),
        notes=tuple(notes),
    )


def _known(
    bench: Bench, environments: Sequence[Environment]
) -> Iterator[tuple[Environment, Versions | InputError]]:
    """Give the versions that each environment runs: as a validation found, or of a new render."""
    recall = Recall(bench)
    opinions = {one.name: recall.find(one) for one in environments}
    unknown = [one for one in environments if opinions[one.name] is None]
    scenes = _scenes(bench, unknown)
    for environment in environments:
        opinion = opinions[environment.name]
        if opinion is None:
            _, scene = next(scenes)
            yield environment, _versions(scene)
        else:
            yield environment, versions_of(opinion.runs)


def _versions(scene: Scene | InputError) -> Versions | InputError:
    return scene if isinstance(scene, InputError) else scene.versions


def _scenes(
    bench: Bench, environments: Sequence[Environment]
) -> Iterator[tuple[Environment, Scene | InputError]]:
    """Give the render of each environment, or why it cannot be rendered."""
    for environment, render in zip(environments, bench.survey(environments), strict=True):
        if isinstance(render, InputError):
            yield environment, render
        else:
            yield environment, bench.scene(environment, render)


def _environment(
    fleet: Fleet,
    environment: Environment,
    known: Versions | InputError,
    live: LiveStatus | None,
) -> EnvironmentStatus:
    versions = {} if isinstance(known, InputError) else known
    running = running_release(versions, fleet.releases)
    return EnvironmentStatus(
        environment=environment.name,
        release=running.name if running else None,
        services=services(fleet, versions),
        off=(
            (f"cannot be rendered: {known.summary}",)
            if isinstance(known, InputError)
            else tuple(_off(images_of(fleet), versions, running, fleet.releases))
        ),
        live=live,
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
    # Where nothing of the catalogue runs, as of a controller's own folder, nothing is off.
    if running is None and any(map(versions.get, services.values())):
        yield "no release runs as a whole"
