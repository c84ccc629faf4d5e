"""Checks on workloads by themselves: selectors, names that clash, tags that move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleetops.checks.interface import Check, Problem
from fleetops.checks.pods import protocol, selects
from fleetops.manifests import Severity, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene

_SELECTING = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}


def selector_misses_template(scene: Scene) -> Iterator[Problem]:
    """A workload does not select its own pods.

    The API server refuses a workload whose selector does not fit the labels of its pod template, or
    is empty. Give the template the labels of the selector; the selector itself cannot be changed
    once the workload exists.
    """
    for workload in scene.workloads:
        reference = workload.manifest.reference
        selector = workload.manifest.get("spec", "selector")
        if reference.kind not in _SELECTING or selector is None:
            continue
        if not selector or not selects(selector, workload.labels):
            message = "the selector does not fit the labels of the pod template"
            yield Problem(message, reference, ("spec", "selector"))


def duplicate_container(scene: Scene) -> Iterator[Problem]:
    """Two containers of a pod have one name.

    The API server refuses the workload: names are unique among all containers of a pod, those of
    the start-up included. Rename one of them.
    """
    for workload in scene.workloads:
        seen: set[str] = set()
        for path, container in workload.containers():
            name = container.get("name")
            if not isinstance(name, str):
                continue
            if name in seen:
                message = f"two containers are named {name}"
                yield Problem(message, workload.manifest.reference, (*path, "name"))
            seen.add(name)


def duplicate_port(scene: Scene) -> Iterator[Problem]:
    """Two ports of a pod have one name.

    Within a container the API server refuses this. In two containers it does not, but a Service
    or a NetworkPolicy that goes by the name reaches only the first of them. Rename one; the same
    name for another protocol in another container is fine, and so is that of a container which only
    runs at the start.
    """
    for workload in scene.workloads:
        serving = {path for path, _ in workload.serving()}
        beside: set[tuple[str, str]] = set()
        for path, container in workload.containers():
            within: set[str] = set()
            for index, port in mappings(container.get("ports")):
                name, by = port.get("name"), protocol(port)
                if not isinstance(name, str):
                    continue
                if name in within or (path in serving and (name, by) in beside):
                    message = f"two ports are named {name}"
                    where = (*path, "ports", index, "name")
                    yield Problem(message, workload.manifest.reference, where)
                within.add(name)
                if path in serving:
                    beside.add((name, by))


def duplicate_variable(scene: Scene) -> Iterator[Problem]:
    """A container has an environment variable twice.

    The container gets the last value, the others are lost without a word, and a server-side apply
    refuses the list. Take out what is not meant.
    """
    for workload in scene.workloads:
        for path, container in workload.containers():
            seen: set[str] = set()
            for index, variable in mappings(container.get("env")):
                name = variable.get("name")
                if not isinstance(name, str):
                    continue
                if name in seen:
                    message = f"the variable {name} is set twice"
                    where = (*path, "env", index, "name")
                    yield Problem(message, workload.manifest.reference, where)
                seen.add(name)


# Names of channels and branches, not of versions.
_FLOATING = re.compile(
    r"(?:latest|stable|edge|nightly|canary|next|current|rolling|unstable|testing|beta|alpha"
    r"|snapshot|head|main|master|trunk|dev|devel|develop|development|lts)"
    r"(?:[-_.][^0-9]*)?",
    re.IGNORECASE,
)


def floating_tag(scene: Scene) -> Iterator[Problem]:
    """An image has a tag that moves, or none.

    Git then does not say what runs: a pod that restarts may run another image than the pod beside
    it, no promotion shows up as a change, and there is nothing to go back to. An image moves if it
    has no digest and its tag is absent or the name of a channel or branch, such as latest, stable,
    edge, nightly, main, master or dev, with or without a suffix that has no digits
    (`stable-alpine`). A tag with digits counts as fixed, also `main-3f2a1bc` or `1.27`. Name a
    version, or add the digest.
    """
    for image in scene.images:
        version = image.version
        if not image.reference or "@" in version:
            continue
        if not version.strip(":") or _FLOATING.fullmatch(version[1:]):
            message = f"the image {image.reference} has no fixed version"
            yield Problem(message, image.manifest.reference, image.path)


CHECKS = (
    Check(selector_misses_template, Severity.ERROR),
    Check(duplicate_container, Severity.ERROR),
    Check(duplicate_port, Severity.ERROR),
    Check(duplicate_variable, Severity.WARNING),
    Check(floating_tag, Severity.ERROR),
)
