"""CODEOWNERS files: whether they give a path an owner.

Each forge reads its own syntax. GitHub and GitLab take patterns like those of .gitignore, of which
the last that matches counts, in GitLab the last of each section. Gitea and Forgejo take regular
expressions, of which all that match count. A file at a place that all of them read is read as
GitHub does.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

PLACES: Final = (
    ".github/CODEOWNERS",
    ".gitlab/CODEOWNERS",
    ".gitea/CODEOWNERS",
    ".forgejo/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
)
"""Where forges look for it, from the top of the Git repository."""

_EXPRESSIONS: Final = (".gitea/", ".forgejo/")
_SECTION: Final = re.compile(r"\^?\[([^\]]+)\](?:\[[0-9]+\])?(?:\s+(.*))?$")
_OWNER: Final = re.compile(r"@{1,2}\w[^@\s]*|[^@\s]+@[^@\s]+")
_WORD: Final = re.compile(r"(?:\\.|[^\s\\])+")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_GLOB_PART: Final = re.compile(r"^\*\*/|/\*\*/|/\*\*$|\\.|\*+|.")


class _Wild(enum.Enum):
    """What stands for characters in a pattern."""

    SIGN = enum.auto()
    """Any one."""
    SIGN_OF_NAME = enum.auto()
    """Any one but a slash."""
    NAME = enum.auto()
    """Any number, but no slash."""
    ANY = enum.auto()
    """Any number."""
    FOLDERS = enum.auto()
    """Whole folders at the beginning, or none."""
    BELOW = enum.auto()
    """The end, or a slash and all that follows it."""


class _Rule(NamedTuple):
    """A line that may match a path."""

    pattern: tuple[str | _Wild, ...] | None
    """None where it is not understood."""
    owned: bool
    section: str = ""


class Owners:
    """A CODEOWNERS file, by the place where it stands."""

    def __init__(self, place: str, text: str) -> None:
        self._all_count = place.startswith(_EXPRESSIONS)
        gitlab = place.startswith(".gitlab/")
        self._rules = tuple(_expressions(text) if self._all_count else _globs(text, gitlab=gitlab))

    def covers(self, path: str) -> bool:
        """Tell whether a path, from the top of the Git repository, has an owner for certain."""
        owned: dict[str, bool] = {}
        for rule in self._rules:
            if rule.pattern is None:
                # It may match, and then what was before may count no more.
                owned[rule.section] = owned.get(rule.section, False) and self._all_count
            elif _matches(rule.pattern, path):
                before = owned.get(rule.section, False) and self._all_count
                owned[rule.section] = rule.owned or before
        return any(owned.values())


def _globs(text: str, *, gitlab: bool) -> Iterator[_Rule]:
    section, default = "", False
    for line in _lines(text):
        if found := _SECTION.match(line):
            section, default = found[1].lower(), bool(_OWNER.search(found[2] or ""))
            continue
        pattern, *owners = _WORD.findall(line) or [""]
        if pattern.startswith("!"):
            # GitLab takes the paths out of the section.
            yield _Rule(_glob(pattern[1:], gitlab=gitlab), owned=False, section=section)
        else:
            owned = any(map(_OWNER.fullmatch, owners)) if owners else default
            yield _Rule(_glob(pattern, gitlab=gitlab), owned, section)


def _expressions(text: str) -> Iterator[_Rule]:
    for line in _lines(text):
        pattern, *owners = _WORD.findall(line) or [""]
        yield _Rule(_expression(pattern), any(map(_OWNER.fullmatch, owners)))


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if bare := _COMMENT.sub("", line).strip():
            yield bare


def _glob(pattern: str, *, gitlab: bool) -> tuple[str | _Wild, ...] | None:
    """Read a pattern; one with brackets, which GitHub does not take, is not understood.

    In GitLab it begins in any folder unless with a slash, and a folder's name has to end with one.
    """
    if not pattern or set(pattern) & set("[]{}"):
        return None
    body = pattern.strip("/")
    tokens: list[str | _Wild] = []
    if not pattern.startswith("/") and (gitlab or "/" not in body):
        tokens.append(_Wild.FOLDERS)
    for part in _GLOB_PART.findall(body):
        match part:
            case "**/":
                tokens.append(_Wild.FOLDERS)
            case "/**/":
                tokens += ["/", _Wild.FOLDERS]
            case "/**":
                tokens += ["/", _Wild.ANY]
            case "?":
                tokens.append(_Wild.SIGN_OF_NAME)
            case _ if part.startswith("*"):
                tokens.append(_Wild.NAME)
            case _:
                tokens.append(part[-1])
    if pattern.endswith("/"):
        return (*tokens, *(["/"] if body else []), _Wild.ANY)
    # A folder's name stands for all in it, but `docs/*` for what is right in docs only.
    return tuple(tokens) if gitlab or body.endswith("/*") else (*tokens, _Wild.BELOW)


def _expression(pattern: str) -> tuple[str | _Wild, ...] | None:
    """Read a regular expression, if it holds no more than `.`, `.*` and escaped signs."""
    tokens: list[str | _Wild] = []
    for part in re.findall(r"\.\*|\\.|.", pattern):
        if part == ".*":
            tokens.append(_Wild.ANY)
        elif part == ".":
            tokens.append(_Wild.SIGN)
        elif part in "\\^$+?()[]{}|*!" or (len(part) > 1 and part[1].isalnum()):
            return None
        else:
            tokens.append(part[-1])
    return tuple(tokens) or None


def _matches(pattern: tuple[str | _Wild, ...], path: str) -> bool:
    """Follow all ways at once, so that no pattern takes longer than its length times the path's."""
    ends: AbstractSet[int] = {0}
    for token in pattern:
        ends = _step(token, ends, path)
        if not ends:
            return False
    return len(path) in ends


def _step(token: str | _Wild, starts: AbstractSet[int], path: str) -> set[int]:
    """Give where a token can end that begins at one of the places."""
    first, length = min(starts), len(path)
    match token:
        case _Wild.SIGN:
            ends = {at + 1 for at in starts if at < length}
        case _Wild.SIGN_OF_NAME:
            ends = {at + 1 for at in starts if at < length and path[at] != "/"}
        case _Wild.NAME:
            ends = _names(starts, path)
        case _Wild.ANY:
            ends = set(range(first, length + 1))
        case _Wild.FOLDERS:
            ends = {*starts, *(at + 1 for at in range(first, length) if path[at] == "/")}
        case _Wild.BELOW:
            ends = {length for at in starts if at == length or path[at] == "/"}
        case _:
            ends = {at + 1 for at in starts if path[at : at + 1] == token}
    return ends


def _names(starts: AbstractSet[int], path: str) -> set[int]:
    ends, open_ = set(), False
    for at in range(len(path) + 1):
        open_ = at in starts or (open_ and path[at - 1] != "/")
        if open_:
            ends.add(at)
    return ends
