"""Checks on secrets that can be read in Git. No value is ever part of a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene
    from fleetops.checks.pods import Workload
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

_SECRET_NAME = re.compile(
    r"(?:PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)\Z",
    re.IGNORECASE,
)
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
_ELSEWHERE = ("ENC[", "vault:", "/")
"""Beginnings of what is encrypted, a reference, or a path to a file."""
_LONGEST_WITH_PLACEHOLDER = 4096


def plain_text_secret(scene: Scene) -> Iterator[Problem]:
    """A secret can be read in Git.

    The render holds a Secret with its data, a container's variable that is named like a password
    and has a literal value, or a value that is a private key, an access token or a URL with a
    password. Whoever can read the repository has it, and so has every copy of its history. Revoke
    it, then let the cluster make the Secret: an ExternalSecret, a SealedSecret, or SOPS.
    """
    for manifest in scene.manifests:
        if manifest.reference.kind != "Secret":
            yield from _values(manifest)
        elif "sops" not in manifest.value:
            yield from _data(manifest)
    for workload in scene.workloads:
        yield from _variables(workload)


def _data(manifest: Manifest) -> Iterator[Problem]:
    for key in ("data", "stringData"):
        values = manifest.get(key)
        for name, value in values.items() if isinstance(values, dict) else ():
            if _is_literal(value):
                message = f"{manifest.reference.short} holds {name} in plain text"
                yield Problem(message, manifest.reference, (key, name))


def _values(manifest: Manifest) -> Iterator[Problem]:
    for path, value in _strings(manifest.value, ()):
        if _SECRET_VALUE.search(value):
            message = f"{'.'.join(map(str, path))} holds a secret in plain text"
            yield Problem(message, manifest.reference, path)


def _variables(workload: Workload) -> Iterator[Problem]:
    for path, container in workload.containers():
        for index, variable in mappings(container.get("env")):
            name, value = str(variable.get("name")), variable.get("value")
            if _SECRET_NAME.search(name) and _is_literal(value):
                where = (*path, "env", index, "value")
                message = f"the variable {name} holds a secret in plain text"
                if not _SECRET_VALUE.search(value):
                    yield Problem(message, workload.manifest.reference, where)


def _is_literal(value: Any) -> TypeGuard[str]:  # noqa: ANN401
    if not isinstance(value, str) or value.startswith(_ELSEWHERE):
        return False
    # A longer one is no placeholder, and the expression would take long over it.
    return len(value) > _LONGEST_WITH_PLACEHOLDER or bool(_PLACEHOLDER.sub("", value).strip())


def _strings(value: Any, path: NodePath) -> Iterator[tuple[NodePath, str]]:  # noqa: ANN401
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))


CHECKS = (Check(plain_text_secret, Severity.ERROR),)
