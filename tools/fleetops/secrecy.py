"""What is a secret, and how it is kept out of what is shown."""

from __future__ import annotations

import re
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

HIDDEN = "…"
"""Stands for what is not shown."""

_WORDS = "PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|API[_-]?KEY|ACCESS[_-]?KEY|PRIVATE[_-]?KEY"
_SECRET_NAME = re.compile(rf"(?:{_WORDS})\Z", re.IGNORECASE)
_ASSIGNED = re.compile(rf"((?:{_WORDS})[\"']?[ \t]{{0,9}}[=:][ \t]{{0,9}})(\S.*)", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}"
    r"|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|://[^\s/:@${}<]+:[^\s/@${}<]+@"
)
# Filled in later: Flux's substitution, Argo CD's vault plugin, Kubernetes' own $(NAME).
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|\{\{[^}]*\}\}|\$\([^)]*\)|<path:[^>]*>|<[A-Za-z0-9_.-]+>")
_SOPS = re.compile(r"""(?:^|[{,])\s*"?\[?sops(?:_version|"|\])?\s*(?:[:=]|$)""", re.MULTILINE)
"""What SOPS writes into YAML, JSON, dotenv and INI files."""
_SHORTEST = 4
_ELSEWHERE = ("ENC[", "vault:", "/")
"""Beginnings of what is encrypted, a reference, or a path to a file."""
_LONGEST_WITH_PLACEHOLDER = 4096
_SHOWN_OF_SECRET = {
    ("apiVersion",),
    ("kind",),
    ("type",),
    ("immutable",),
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("metadata", "labels"),
}


def without_secrets(manifest: Manifest, words: str) -> str:
    """Take out of words about an object what a Secret holds.

    An API server that is given a value of the wrong type repeats it behind `got`.
    """
    if manifest.reference.kind != "Secret":
        return words
    words = re.sub(r"(?s)\bgot\b.*", f"got {HIDDEN}", words)
    for key in ("data", "stringData"):
        held = manifest.value.get(key)
        for value in held.values() if isinstance(held, dict) else ():
            if len(text := str(value)) >= _SHORTEST:
                words = words.replace(text, HIDDEN)
    return words


def names_secret(name: str) -> bool:
    """Tell whether a variable or field of that name holds a secret."""
    return bool(_SECRET_NAME.search(name))


def is_secret(value: str) -> bool:
    """Tell whether a value is a private key, an access token or a URL with a password."""
    return bool(_SECRET_VALUE.search(value))


def is_literal(value: Any) -> TypeGuard[str]:  # noqa: ANN401
    """Tell whether a value is written out, and not filled in later or a reference."""
    if not isinstance(value, str) or value.startswith(_ELSEWHERE):
        return False
    # A longer one is no placeholder, and the expression would take long over it.
    return len(value) > _LONGEST_WITH_PLACEHOLDER or bool(_PLACEHOLDER.sub("", value).strip())


def is_encrypted(value: str) -> bool:
    """Tell whether a Secret's value is a whole file that SOPS has encrypted, as a generator has it.

    The controller that applies the Secret decrypts it.
    """
    with suppress(ValueError):
        value = b64decode("".join(value.split()), validate=True).decode()
    return "ENC[AES256_GCM," in value and _SOPS.search(value) is not None


def veil(manifest: Manifest, path: NodePath, value: Any) -> Any:  # noqa: ANN401
    """Give a value, which an object has or had at a path, with every secret in it hidden."""
    if manifest.reference.kind == "Secret":
        shown = path[:1] in _SHOWN_OF_SECRET or path[:2] in _SHOWN_OF_SECRET
        return value if shown or value is None else HIDDEN
    return _veil(value, secret=_is_named(manifest, path))


def _is_named(manifest: Manifest, path: NodePath) -> bool:
    """Tell whether what stands beside a place or leads to it says that a secret is there."""
    if path[-1:] == ("value",):
        return names_secret(str(manifest.get(*path[:-1], "name")))
    if path and isinstance(path[-1], int):
        if path[-1] > 0 and _is_flag(manifest.get(*path[:-1], path[-1] - 1)):
            return True
        path = path[:-1]
    return bool(path) and names_secret(str(path[-1]))


def _is_flag(value: Any) -> bool:  # noqa: ANN401
    """Tell whether a word of a command line says that a secret follows."""
    return isinstance(value, str) and value.startswith("-") and names_secret(value)


def _veil(value: Any, *, secret: bool) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        named = names_secret(str(value.get("name")))
        return {
            key: _veil(item, secret=names_secret(key) or (named and key == "value"))
            for key, item in value.items()
        }
    if isinstance(value, list):
        before = (None, *value)
        return [
            _veil(item, secret=secret or _is_flag(last))
            for last, item in zip(before, value, strict=False)
        ]
    if not isinstance(value, str):
        return value
    if secret or is_secret(value):
        return HIDDEN
    return _ASSIGNED.sub(rf"\1{HIDDEN}", value)
