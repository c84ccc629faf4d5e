"""Write down as a release what an environment runs."""

from __future__ import annotations

import os
import re
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fleetops.api.bench import bench
from fleetops.api.results.capture import Capture
from fleetops.api.services import images_of
from fleetops.catalogue import Digest, ReleaseImage, release_text
from fleetops.edits import create
from fleetops.errors import Place, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment
    from fleetops.checks import Scene

_DIGEST = re.compile(r"(?::(?P<tag>[^@]+))?(?:@sha256:(?P<sha256>[0-9a-f]{64}))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Running(Struct, frozen=True):
    """What an environment runs, as a release would say it."""

    images: Mapping[str, ReleaseImage]
    """By service."""
    notes: tuple[str, ...]
    """What no release can say, and why."""


def capture(fleet: Fleet, name: str, environment: Environment, narrate: Narrate) -> Capture:
    """Write the release file of a new release, with every image that the environment runs.

    Raises UsageError for a name that no file can have, RefusedError where there is such a release
    or nothing that a release could say, InputError where the environment cannot be rendered.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a release",
            hint="letters, digits, and . _ - within, as in v1.2.3",
        )
    if name in fleet.releases:
        raise RefusedError(
            f"there is a release {name} already",
            place=fleet.releases[name].place,
            hint="a release stays what it was: take another name",
        )
    with bench(fleet, narrate) as place:
        (outcome,) = place.survey([environment])
        if isinstance(outcome, Exception):
            raise outcome
        scene = place.scene(environment, outcome)
    known = {image: service for service, image in images_of(fleet).items()}
    running = running_images(scene, environment, known, fleet.clock())
    if not running.images:
        raise RefusedError(
            f"{environment.name} runs no image that a release could name",
            place=Place(environment.overlay),
            hint="\n".join(running.notes) or None,
        )
    notes = (*running.notes, *_alike(fleet, running.images))
    path = f"{fleet.config.catalogue.rstrip('/')}/{name}.yaml"
    text = release_text(name, described(environment, fleet.clock()), running.images)
    create(fleet.repository, {path: text.encode()})
    return Capture(
        release=name,
        environment=environment.name,
        file=path,
        images={service: f"{one.name}{one.version}" for service, one in running.images.items()},
        notes=notes,
    )


def _alike(fleet: Fleet, images: Mapping[str, ReleaseImage]) -> Iterator[str]:
    """Name the releases that nothing tells from one of these images, wherever it runs."""
    own = {(one.name, one.version) for one in images.values()}
    for release in fleet.releases.values():
        if own == {(one.name, one.version) for one in release.images.values()}:
            yield f"{release.name} has the same images: nothing tells the two apart where they run"


def described(environment: Environment, when: datetime) -> str:
    """Say of a release what it is."""
    return f"What {environment.name} ran on {when.astimezone(UTC):%Y-%m-%d}."


def running_images(
    scene: Scene, environment: Environment, known: Mapping[str, str], when: datetime
) -> Running:
    """Give what is run, each under the service that `known` has for its image, or a new name."""
    seen = f"the render of {environment.overlay}, {when.astimezone(UTC):%Y-%m-%d}"
    images: dict[str, ReleaseImage] = {}
    notes: list[str] = []
    for name, versions in sorted(scene.versions.items()):
        image, why = _image(name, versions, seen)
        if image is None:
            notes.append(f"{name} is left out: {why}")
        else:
            service = known.get(name)
            service = service or next(one for one in _names(name) if one not in images)
            images[service] = image
    return Running(images, tuple(notes))


def _image(name: str, versions: set[str], seen: str) -> tuple[ReleaseImage | None, str]:
    if len(versions) > 1:
        return None, f"it runs as {', '.join(sorted(versions))}, and a release has one version"
    (version,) = versions
    parts = _DIGEST.fullmatch(version)
    if parts is None or not parts["tag"]:
        return None, "it has no tag, and a release names one"
    digest = Digest(sha256=parts["sha256"], seen=seen) if parts["sha256"] else None
    image = ReleaseImage(name=name, tag=parts["tag"], digest=digest)
    try:
        msgspec.convert(msgspec.to_builtins(image), ReleaseImage)
    except msgspec.ValidationError:
        return None, f"{name}{version} is no reference to an image"
    return image, ""


def _names(image: str) -> Iterator[str]:
    """Give names for the service of an image: the end of its path, more of that, numbers."""
    parts = image.split("/")
    for length in range(1, len(parts) + 1):
        yield "-".join(parts[-length:])
    number = 2
    while True:
        yield f"{os.path.basename(image)}-{number}"  # noqa: PTH119 - it is no path
        number += 1
