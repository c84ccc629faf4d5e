"""Checks on secrets that can be read in Git. No value is ever part of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity, mappings, strings
from fleetops.secrecy import is_encrypted, is_literal, is_secret, names_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene
    from fleetops.checks.pods import Workload
    from fleetops.manifests import Manifest


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
            if is_literal(value) and not is_encrypted(value):
                message = f"{manifest.reference.short} holds {name} in plain text"
                yield Problem(message, manifest.reference, (key, name))


def _values(manifest: Manifest) -> Iterator[Problem]:
    for path, value in strings(manifest.value):
        if is_secret(value):
            message = f"{'.'.join(map(str, path))} holds a secret in plain text"
            yield Problem(message, manifest.reference, path)


def _variables(workload: Workload) -> Iterator[Problem]:
    for path, container in workload.containers():
        for index, variable in mappings(container.get("env")):
            name, value = str(variable.get("name")), variable.get("value")
            if names_secret(name) and is_literal(value):
                where = (*path, "env", index, "value")
                message = f"the variable {name} holds a secret in plain text"
                if not is_secret(value):
                    yield Problem(message, workload.manifest.reference, where)


CHECKS = (Check(plain_text_secret, Severity.ERROR),)
