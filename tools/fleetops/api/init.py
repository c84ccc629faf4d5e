"""Describe a repository that has no fleetops.yaml: its environments, and what they run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fleetops.api.bench import bench
from fleetops.api.capture import described, running_images
from fleetops.api.fleet import undescribed_fleet
from fleetops.api.results.init import Initialisation
from fleetops.catalogue import CONFIG, config_text, release_text
from fleetops.edits import create
from fleetops.errors import Place, RefusedError
from fleetops.render import Render
from fleetops.words import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment, ReleaseImage
    from fleetops.files import Repository


def init(directory: Path, narrate: Narrate) -> Initialisation:
    """Write fleetops.yaml and a first catalogue; nothing else is changed.

    Raises RefusedError where there is a fleetops.yaml or no overlay, and ProgramError where
    kustomize cannot be had.
    """
    fleet = undescribed_fleet(directory)
    # Whoever describes a repository wants its charts rendered, if it has any.
    allowing = replace(fleet.config, helm=True)
    fleet = replace(fleet, config=allowing)
    repository, environments = fleet.repository, fleet.config.environments
    if os.path.lexists(repository.root / CONFIG):
        raise RefusedError(
            "is there already", place=Place(CONFIG), hint="change it, or move it out of the way"
        )
    notes: list[str] = []
    catalogue = _catalogue(repository)
    charted: list[str] = []
    with bench(fleet, narrate) as place:
        running: dict[str, Mapping[str, ReleaseImage]] = {}
        services: dict[str, str] = {}
        for environment, outcome in zip(environments, place.survey(environments), strict=True):
            if not isinstance(outcome, Render):
                notes.append(f"{environment.name} cannot be rendered: {outcome.summary}")
                continue
            if outcome.closure.charts:
                charted.append(environment.name)
            scene = place.scene(environment, outcome)
            found = running_images(scene, environment, services, fleet.clock())
            services |= {image.name: service for service, image in found.images.items()}
            notes += [f"{environment.name}: {note}" for note in found.notes]
            if found.images:
                running[environment.name] = found.images
    if charted:
        notes.append(
            f"helm: true is written, for {named(charted)} has Helm charts in the repository"
        )
    config = replace(allowing, catalogue=catalogue, helm=bool(charted))
    releases = dict(_releases(environments, running, fleet.clock()))
    files = {f"{catalogue}/{name}.yaml": text.encode() for name, text in releases.items()}
    # Last: with it, the repository is described.
    create(repository, {**files, CONFIG: config_text(config).encode()})
    return Initialisation(
        file=CONFIG,
        environments={one.name: one.overlay for one in environments},
        catalogue=catalogue,
        releases=tuple(releases),
        notes=tuple(notes),
    )


def _catalogue(repository: Repository) -> str:
    """Choose a folder that holds nothing yet."""
    for name in ("releases", "fleet-releases"):
        folder = repository.root / name
        if not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir())):
            return name
    raise RefusedError(
        "releases and fleet-releases both hold something else",
        hint=f"write a {CONFIG} that names another folder as its catalogue",
    )


def _releases(
    environments: tuple[Environment, ...],
    running: Mapping[str, Mapping[str, ReleaseImage]],
    when: datetime,
) -> Iterator[tuple[str, str]]:
    """Give name and text of a release for each set of images that some environment runs."""
    names: dict[str, Mapping[str, ReleaseImage]] = {}
    for environment in environments:
        images = running.get(environment.name)
        if images is None or images in names.values():
            continue
        tags = {image.tag for image in images.values()}
        (name,) = tags if len(tags) == 1 else (f"{environment.name}-{when:%Y-%m-%d}",)
        if name in names or name.startswith("."):
            name = f"{environment.name}-{when:%Y-%m-%d}"
        names[name] = images
        yield name, release_text(name, described(environment, when), images)
