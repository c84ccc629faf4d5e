"""What a controller says of an environment that it syncs, whichever controller it is."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleetops.manifests import Reference

Controller = Literal["argocd", "flux"]

# Alone, or as in Flux's `main@sha1:…` and, before Flux 2.0, `main/…`. Behind `@sha256:` it is the
# digest of an image.
_COMMIT: Final = re.compile(r"(?:^|[:@/])([0-9a-f]{40})$|^([0-9a-f]{64})$")
_USER: Final = re.compile(r"(?<=//)[^/@]*@")


class Sync(Struct, frozen=True, kw_only=True):
    """An Argo CD Application or a Flux Kustomization, read."""

    controller: Controller
    resource: Reference
    repository: str
    """The URL that it syncs from, without a password; empty where it does not say."""
    states: tuple[str, ...]
    """In its own words, as in `OutOfSync` and `Healthy`."""
    ok: bool
    """It says that all of `applied` is in the cluster, and healthy."""
    failed: bool
    """It says that the sync of `attempted`, the newest that it knows of, has failed."""
    applied: str
    """The commit whose objects it has brought into the cluster; empty where there is none."""
    attempted: str
    """The newest commit that it has looked at; likewise."""
    messages: tuple[str, ...]
    """What it complains of in its own words, and in those of the API server where that refused."""
    elsewhere: str
    """The cluster that it syncs into, where it is not the one that it is in; else empty."""
    namespace: str
    """Where objects come that name no namespace; empty where it does not say."""
    forced: bool = False
    """Whether those that name another come there as well."""


def same_folder(written: Any, wanted: str) -> bool:  # noqa: ANN401
    """Tell whether a path in a repository, however it is written, is the wanted folder."""
    return isinstance(written, str) and _normal(written) == _normal(wanted)


def _normal(path: str) -> str:
    return posixpath.normpath(f"/{path.lstrip('/')}")


def commit_in(revision: Any) -> str:  # noqa: ANN401
    """Give the commit that a controller's revision names, nothing where it names none."""
    found = _COMMIT.search(revision) if isinstance(revision, str) else None
    return (found[1] or found[2]) if found else ""


def without_user(url: Any) -> str:  # noqa: ANN401
    """Give a URL without the name and password in it."""
    return _USER.sub("", url) if isinstance(url, str) else ""


def same_repository(url: str, remotes: Iterable[str]) -> bool:
    """Tell whether a URL is that of one of the remotes, over whatever protocol or host."""
    return any(_tail(url) == _tail(remote) for remote in remotes)


def _tail(url: str) -> list[str]:
    return re.split(r"[/:]", url.lower().rstrip("/").removesuffix(".git"))[-2:]


def said(words: Iterable[Any]) -> tuple[str, ...]:
    """Give messages, each in one line and once."""
    lines = (" ".join(word.split()) for word in words if isinstance(word, str))
    return tuple(dict.fromkeys(line for line in lines if line))
