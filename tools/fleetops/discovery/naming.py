"""Names and an order for environments, from the folders of their overlays."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STAGES: Final = (
    ("local", "kind", "minikube"),
    ("sandbox", "playground"),
    ("dev", "develop", "development"),
    ("ci", "test", "testing", "tst"),
    ("int", "integration", "qa", "qat"),
    ("uat", "acceptance", "demo"),
    ("stage", "staging", "stg", "preview"),
    ("preprod", "preproduction", "pre"),
    ("canary",),
    ("prod", "production", "prd", "live"),
)
"""Words that tell how far on the way an environment is."""
_RANKS: Final = {word: rank for rank, words in enumerate(_STAGES) for word in words}
_UNKNOWN: Final = _RANKS["stage"]
_LONGEST: Final = 63


def named(folders: Sequence[str]) -> Mapping[str, str]:
    """Give environment to folder, in the order in which a release would pass through them.

    A name is the shortest end of the folder's path that no other has.
    """
    names: dict[str, str] = {}
    paths = {folder: [_word(part) for part in folder.split("/")] for folder in folders}
    ends = Counter(
        "-".join(path[-length:]) for path in paths.values() for length in range(1, len(path) + 1)
    )
    for folder in sorted(folders, key=_rank):
        path = paths[folder]
        tried = ["-".join(path[-length:]) for length in range(1, len(path) + 1)]
        name = next((one for one in tried if ends[one] == 1), tried[-1])[-_LONGEST:].strip("-.")
        unique, number = name or "root", 1
        while unique in names:
            number += 1
            unique = f"{name[: _LONGEST - 5]}-{number}"
        names[unique] = folder
    return names


def _word(part: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", part.lower()).strip("-.") or "root"


def _rank(folder: str) -> tuple[int, str]:
    """Order by the stage that the last telling word of a path names."""
    words = re.split(r"[^a-z0-9]+", folder.lower())
    ranks = [_RANKS[word] for word in words if word in _RANKS]
    return (ranks[-1] if ranks else _UNKNOWN, folder)
