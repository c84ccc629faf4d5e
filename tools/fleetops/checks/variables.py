"""Checks on what is meant to be filled in between the render and the cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest


def unsubstituted_variable(scene: Scene) -> Iterator[Problem]:
    """A variable of the form `${name}` is left in a render.

    Flux fills such variables in where its Kustomization has `postBuild`, and nothing else does.
    fleetops fills them in too where `flux` of the environment in fleetops.yaml names the file of
    that Kustomization. Name it, or say the value by a patch, a replacement or a component of the
    overlay, or excuse the object, with the reason. This is said where nothing in a cluster reads a
    variable of that form: not of ConfigMaps and Secrets, commands, arguments, annotations and the
    fields of custom resources, and of a container's environment only where the variable is all that
    there is.
    """
    for manifest in scene.manifests:
        for path, value in strings(manifest.value):
            found = _VARIABLE.search(value)
            if found and not _is_read(manifest, path, value):
                message = (
                    f"{found[0]} is left to be filled in: where Flux does that, name the file of"
                    " its Kustomization as the environment's `flux` in fleetops.yaml"
                )
                yield Problem(message, manifest.reference, path)


_VARIABLE = re.compile(r"(?<!\$)\$\{[A-Za-z_][A-Za-z0-9_]*(:?[-=][^{}]*)?\}")
_READ = {"annotations", "args", "command", "data", "stringData"}
_FREE = {"ConfigMap", "CustomResourceDefinition", "Secret"}


def _is_read(manifest: Manifest, path: NodePath, value: str) -> bool:
    """Tell whether a field may hold such a variable for whoever reads it in the cluster."""
    if path[:1] == ("metadata",):
        return "annotations" in path
    if path[-3:-2] == ("env",) and path[-1] == "value":
        return not _VARIABLE.fullmatch(value)
    group = manifest.reference.group
    custom = "." in group and not group.endswith(".k8s.io")
    return custom or manifest.reference.kind in _FREE or not _READ.isdisjoint(path)


CHECKS = (Check(unsubstituted_variable, Severity.ERROR),)
