"""A cluster as it is asked for, and as it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from fleetops.cluster.parts import CERTIFICATE
from fleetops.kube import Direct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


PREFIX: Final = "fleetops-"
"""What the name of a cluster has in front of it, as the context of its kubeconfig."""


class Plan(Struct, frozen=True):
    """A cluster to be started."""

    name: str
    folder: Path
    programs: Mapping[str, Path]
    """By name: those of the parts, and kubectl."""
    timeout: float
    """In seconds, within which it has to be ready."""


class Cluster(Struct, frozen=True):
    """A cluster that can be used."""

    name: str
    folder: Path
    port: int
    """Of the API server, on 127.0.0.1."""
    kubectl: Path
    """The program."""

    @property
    def server(self) -> str:
        """The URL of its API server."""
        return server_url(self.port)

    @property
    def context(self) -> str:
        """Its name in its kubeconfig."""
        return f"{PREFIX}{self.name}"

    @property
    def kubeconfig(self) -> Path:
        """The file that gives every right in it."""
        return kubeconfig_in(self.folder)

    @property
    def access(self) -> Direct:
        """The way to its API server, with every right in it."""
        user = msgspec.json.decode(self.kubeconfig.read_bytes())["users"][0]["user"]
        return Direct(self.port, self.folder / CERTIFICATE, user["token"])


def server_url(port: int) -> str:
    """Give the URL of an API server."""
    return f"https://127.0.0.1:{port}"


def kubeconfig_in(folder: Path) -> Path:
    """Give the user's kubeconfig in the folder of a cluster."""
    return folder / "kubeconfig"
