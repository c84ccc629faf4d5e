"""What an earlier fleetops.yaml says of where things are; whatever else it says is passed by."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fleetops import goyaml
from fleetops.catalogue.config import CONFIG
from fleetops.errors import InputError
from fleetops.files import Repository  # noqa: TC001 - a signature that is read


class _Place(Struct, frozen=True):
    name: str
    overlay: str


class Layout(Struct, frozen=True):
    """Where the overlays and the releases are."""

    environments: tuple[_Place, ...] = ()
    catalogue: str | None = None

    def overlay(self, environment: str) -> str | None:
        """Find the overlay of an environment, None where there is no such."""
        for one in self.environments:
            if one.name == environment:
                return one.overlay
        return None


def read_layout(repository: Repository) -> Layout:
    """Read fleetops.yaml as another version of fleetops may have had it; empty if it is none."""
    try:
        document, *_ = goyaml.read(repository.read_text(CONFIG), CONFIG)
        return msgspec.convert(document.value, Layout)
    except (InputError, ValueError, msgspec.ValidationError):
        return Layout()
