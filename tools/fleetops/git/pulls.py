"""Which pull request a commit came with, as forges write it into messages."""

from __future__ import annotations

import re
from typing import Final

_TRAILER: Final = re.compile(
    r"^(?:Reviewed-on|Pull-Request|PR-URL|Merge-Request|See merge request):?[ \t]+(\S+)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
# GitHub and Gitea, merged; Azure; Bitbucket; then GitHub and Gitea, squashed.
_SUBJECTS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"^Merge pull request (#[0-9]+) from ",
        r"^Merge pull request .* \((#[0-9]+)\) from ",
        r"^Merged PR ([0-9]+): ",
        r"^Merged in .* \(pull request (#[0-9]+)\)$",
        r"\(([#!][0-9]+)\)$",
    )
)
_NUMBER: Final = re.compile(r"[#!][0-9]+$")
_URL: Final = re.compile(r"/(pull|pulls|merge_requests|pull-requests|pullrequest)/([0-9]+)/?$")


def pull_request(subject: str, body: str) -> str | None:
    """Give its number, as in `#12`, or `!12` where the forge says merge request; None for none."""
    for pattern in _SUBJECTS:
        if found := pattern.search(subject):
            return found[1] if found[1][0] in "#!" else f"!{found[1]}"
    for word in reversed(_TRAILER.findall(body)):
        if found := _URL.search(word):
            return f"{'!' if found[1] == 'merge_requests' else '#'}{found[2]}"
        if found := _NUMBER.search(word):
            return found[0]
    return None
