"""The URLs of remote bases, as kustomize reads them.

Read in sigs.k8s.io/kustomize/api v0.21.2, internal/git/repospec.go.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    from fleetops.errors import Place

_FORM: Final = re.compile(
    r"(?P<scheme>https://|ssh://)?(?P<user>[A-Za-z][A-Za-z0-9-]*@)?"
    r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?P<port>:[0-9]+(?=/))?(?P<mark>[/:])"
    r"(?P<path>[A-Za-z0-9._/+-]+)"
)
_QUERY: Final = re.compile(r"[A-Za-z0-9._=&/-]*")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*@")
_FILE: Final = (".yaml", ".yml", ".json")
_NO: Final = ("", "0", "f", "F", "false", "FALSE", "False")
"""What Go takes for false."""
_GITHUB: Final = "github.com"


class Address(Struct, frozen=True):
    """A folder in a commit of another repository."""

    url: str
    """Where git fetches the repository; of SSH it may be `user@host:path`."""
    repository: str
    """Its host and path, as in `github.com/acme/fleet`."""
    folder: str
    """From its top, which is `.`; without links followed."""
    commit: str
    """In full."""

    @property
    def label(self) -> str:
        """What the paths of the commit's files begin with, a URL in any case."""
        url = self.url
        if "://" not in url:
            url = f"ssh://{url.partition('@')[0]}@{self.repository}"
        return f"{url}@{self.commit}"

    def is_listed(self, allowed: Collection[str]) -> bool:
        """Tell whether the host, or a folder of it, is allowed."""
        return any(f"{self.repository}/".startswith(f"{one}/") for one in allowed)


def read_address(entry: str, place: Place, allowed: Collection[str] | None) -> Address:
    """Read the URL of a base.

    Raises InputError at `place` for one that kustomize or git may understand otherwise, that is not
    of an `allowed` host, or without a commit. None allows any.
    """
    said = _CREDENTIALS.sub("…@", entry)
    named, _, query = entry.partition("?")
    if _CREDENTIALS.search(named):
        hint = "take it out: git asks your credential helper"
        raise InputError(f"{said} has a credential in it", place=place, hint=hint)
    found = _FORM.fullmatch(named)
    values = _values(query)
    commit = (values or {}).get("ref") or (values or {}).get("version") or ""
    if not commit and named.endswith(_FILE):
        raise InputError(
            f"{said} is a file, which is not fetched: nothing says what has to be in it",
            place=place,
            hint="keep a copy of it here, or name a folder of a Git repository and a commit",
        )
    url, repository, folder = _parts(found) if found else ("", "", "")
    if not url or values is None or folder.startswith("../") or folder == "..":
        raise InputError(
            f"{said} is no URL of a Git repository that is fetched",
            place=place,
            hint="write it as https://HOST/ORG/REPOSITORY//FOLDER?ref=COMMIT, or git@HOST:ORG/…",
        )
    address = Address(url, repository, folder, commit)
    if allowed is not None and not address.is_listed(allowed):
        raise InputError(
            f"{repository} is not listed under remotes in fleetops.yaml",
            place=place,
            hint=f"have it listed there, or {repository.partition('/')[0]} as a whole",
        )
    if not _COMMIT.fullmatch(commit):
        raise InputError(
            f"{said} does not say which commit: {commit or 'a branch'} may become another",
            place=place,
            hint=f"write ?ref= and its full name, which git ls-remote {url} tells",
        )
    if values.get("submodules", "") not in _NO:
        hint = "leave submodules out, or write submodules=false"
        raise InputError("submodules are not fetched", place=place, hint=hint)
    return address


def _values(query: str) -> dict[str, str] | None:
    """Read what is behind the question mark; None where that is not plain."""
    if not _QUERY.fullmatch(query):
        return None
    values: dict[str, str] = {}
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        values.setdefault(key, value)
    return values


def _parts(found: re.Match[str]) -> tuple[str, str, str]:
    """Give URL, repository and folder; empty ones where kustomize finds none."""
    scheme, user, host = found["scheme"] or "", found["user"] or "", found["host"].lower()
    written, folder = _divided(found["path"])
    path = written.strip("/")
    if not path or {"", ".", ".."} & set(path.split("/")):
        return "", "", ""
    port = found["port"] or ""
    if host == _GITHUB:
        # kustomize has its own words for it, in which a port is lost and a user means SSH.
        port = ""
        scheme = "ssh://" if user or scheme == "ssh://" else "https://"
    by_colon = found["mark"] == ":" and host != _GITHUB
    # Without a scheme it has to be user@host:path, and with one no colon but that of a port.
    if by_colon == bool(scheme) or (by_colon and not user):
        return "", "", ""
    repository = f"{host}{port}/{path}"
    url = f"{user}{host}:{written}" if by_colon else f"{scheme}{user}{repository}"
    return url, repository, os.path.normpath(folder.lstrip("/") or ".")


def _divided(path: str) -> tuple[str, str]:
    """Tell the repository from the folder in it, as kustomize's parsePathParts does."""
    if (at := path.find("_git/")) >= 0:
        before, rest = path[: at + 5], path[at + 5 :]
        repository, _, folder = rest.partition("/")
        return f"{before}{repository}" if repository else "", folder
    if "//" in path:
        repository, _, folder = path.partition("//")
        return repository, folder
    if (at := path.find(".git")) >= 0:
        return path[: at + 4], path[at + 4 :]
    organization, _, rest = path.partition("/")
    repository, _, folder = rest.partition("/")
    return f"{organization}/{repository}" if repository else "", folder
