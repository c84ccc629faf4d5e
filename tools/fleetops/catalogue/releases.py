"""The release files: what a release is, one image a service."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from fleetops.catalogue.decode import read_struct
from fleetops.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.files import Repository

SUFFIXES = (".yaml", ".yml")

# Grammar of references: github.com/distribution/reference, regexp.go. Python's `$` alone would let
# a line feed pass at the end.
_PART = "[a-z0-9]+([._-]+[a-z0-9]+)*"
Name = Annotated[
    str,
    Meta(
        pattern=rf"^({_PART}(:[0-9]+)?/)?{_PART}(/{_PART})*$(?!\n)",
        max_length=255,
        description="The image's name as the base writes it: no tag, no digest.",
    ),
]
Tag = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$(?!\n)",
        description="A tag: letters, digits, _, . and -, at most 128.",
    ),
]


class Digest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content that a tag pointed to, and who says so."""

    sha256: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="64 digits of 0-9 and a-f.")
    ]
    seen: Annotated[
        str,
        Meta(min_length=10, description="Where and when it was seen, in ten characters or more."),
    ]


class ReleaseImage(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The image that a service runs in a release."""

    name: Name
    tag: Tag
    digest: Digest | None = None

    @property
    def version(self) -> str:
        """What follows the name in a reference: `:tag`, and `@digest` where there is one."""
        return f":{self.tag}@sha256:{self.digest.sha256}" if self.digest else f":{self.tag}"


class ReleaseFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of the catalogue."""

    release: Annotated[str, Meta(description="The name of the file without its ending.")]
    images: Annotated[dict[str, ReleaseImage], Meta(min_length=1)]
    """By service."""
    description: str = ""


class Release(Struct, frozen=True):
    """A release and where it is written."""

    name: str
    description: str
    images: Mapping[str, ReleaseImage]
    """By service, in the file's order."""
    place: Place


def read_releases(repository: Repository, catalogue: str) -> dict[str, Release]:
    """Read every release file of the catalogue, release2 before release10.

    Raises InputError with file and line; also if a file does not hold the release that it is named
    after, or two services of a release share an image.
    """
    found: dict[str, Release] = {}
    for stem, path in sorted(_files(repository, catalogue), key=lambda item: _natural(item[0])):
        content, document = read_struct(repository, path, ReleaseFile)
        place = Place(path, document.line_of(("release",)))
        if content.release != stem:
            raise InputError(
                f"holds the release {content.release!r}",
                place=place,
                hint=f"a release file is named after its release: rename one of them to {stem!r}",
            )
        if stem in found:
            raise InputError(f"holds the same release as {found[stem].place.path}", place=place)
        names: dict[str, str] = {}
        for service, image in content.images.items():
            if image.name in names:
                raise InputError(
                    f"gives {service} the image of {names[image.name]}",
                    place=Place(path, document.line_of(("images", service))),
                    hint="kustomize finds an image by its name, so two services cannot share one",
                )
            names[image.name] = service
        found[stem] = Release(stem, content.description, content.images, place)
    return found


def _files(repository: Repository, catalogue: str) -> list[tuple[str, str]]:
    if not os.path.lexists(repository.root / catalogue):
        # Git keeps no empty folder.
        return []
    folder = repository.resolve(catalogue, place=Place("fleetops.yaml"))
    try:
        names = [path.name for path in (repository.root / folder).iterdir()]
    except OSError as error:
        raise InputError(
            f"the catalogue {catalogue} cannot be read: {error.strerror}",
            place=Place("fleetops.yaml"),
        ) from None
    names = [name for name in names if name.endswith(SUFFIXES) and not name.startswith(".")]
    for name in names:
        if not name.isprintable():
            raise InputError(
                f"holds a file with an unreadable name, {name!a}", place=Place(catalogue)
            )
    return [(name.rpartition(".")[0], f"{catalogue.rstrip('/')}/{name}") for name in names]


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if number % 2 else (-1, part) for number, part in enumerate(parts)]
