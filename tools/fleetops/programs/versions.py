"""Versions of programs: read from what they print, compared, and held against a range."""

from __future__ import annotations

import re
from typing import NamedTuple

from msgspec import Struct

_VERSION = re.compile(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?")


class Version(NamedTuple):
    """A released version; what stands after the third number is not looked at."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        """Say it without a leading v."""
        return f"{self.major}.{self.minor}.{self.patch}"


class Range(Struct, frozen=True):
    """The versions that are supported."""

    at_least: Version
    below: Version | None = None
    """The first that no longer is; None where every later one is."""

    def __contains__(self, version: Version) -> bool:
        return self.at_least <= version and (self.below is None or version < self.below)

    def __str__(self) -> str:
        """Say it as pip does: >=5.7.0,<6.0.0."""
        return f">={self.at_least}" + (f",<{self.below}" if self.below else "")


def parse_version(text: str) -> Version | None:
    """Give the first version in what a program printed, None where it says none.

    Known forms: "v5.8.2", "{Version:kustomize/v4.5.7 GitCommit:…}", "go version go1.26.8
    linux/amd64", "git version 2.39.5". A build without a version says "development" or "(devel)".
    """
    found = _VERSION.search(text)
    return Version(*(int(number or 0) for number in found.groups())) if found else None
