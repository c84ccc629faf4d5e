"""Checks on which objects there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene


def duplicate_resource(scene: Scene) -> Iterator[Problem]:
    """The same object stands twice in a render.

    Two manifests with one group, kind, namespace and name are one object to a cluster: each sync
    applies both, and the last one wins. kustomize refuses most of these itself, but not the same
    object in two versions of one group. Remove one of them.
    """
    seen = set()
    for manifest in scene.manifests:
        if manifest.reference in seen:
            yield Problem(f"{manifest.reference} is defined twice", manifest.reference)
        seen.add(manifest.reference)


CHECKS = (Check(duplicate_resource, Severity.ERROR),)
