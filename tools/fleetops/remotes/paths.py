"""How paths in another repository are written: behind its URL, a commit and two slashes.

As in `https://git.example.com/acme/fleet@<commit>//base/web.yaml`. No path of the repository itself
has two slashes in a row, so that neither can be taken for the other; what joins, cuts and compares
such paths at their last slash treats both alike.
"""

from __future__ import annotations

import re
from typing import Final

_REMOTE: Final = re.compile(
    r"(git::)?(https?:|ssh://|file://|[a-z][a-z0-9-]*@|github\.com[/:])", re.IGNORECASE
)
"""What kustomize fetches: api/internal/git/repospec.go and IsRemoteFile in api/internal/loader."""


def is_remote(entry: str) -> bool:
    """Tell whether kustomize would fetch what an entry names."""
    return _REMOTE.match(entry) is not None


def within(label: str, path: str) -> str:
    """Give the path of what is at `path` in a repository; the top is `.`, the label may be empty.

    Both are without `.`, `..` and doubled slashes.
    """
    if not label:
        return path
    return f"{label}/" if path == "." else f"{label}//{path}"


def split(path: str) -> tuple[str, str]:
    """Give what `within` was given."""
    label, _, inside = f"{path}/".rpartition("//")
    return label, inside.rstrip("/") or "."


def is_local(path: str) -> bool:
    """Tell whether a path is one of the repository itself."""
    return "//" not in path
