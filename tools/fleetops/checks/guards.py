"""Checks on what keeps data from being pruned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.annotations import ARGOCD, FLUX, sync_options
from fleetops.checks.interface import Check, Problem
from fleetops.manifests import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Scene
    from fleetops.manifests import Manifest


def prune_guard(scene: Scene) -> Iterator[Problem]:
    """A claim, a volume or their namespace has lost its guard against pruning.

    A controller that prunes deletes what has left the render, and with a claim or its namespace the
    data goes. Claims, volumes and the namespaces of claims therefore carry the annotations
    `argocd.argoproj.io/sync-options: Prune=false,Delete=false` for Argo CD and
    `kustomize.toolkit.fluxcd.io/prune: disabled` for Flux, whichever syncs them today. Put back the
    annotation that is missing.
    """
    claims = scene.by_kind["PersistentVolumeClaim"]
    homes = {claim.reference.namespace for claim in claims}
    namespaces = (one for one in scene.by_kind["Namespace"] if one.reference.name in homes)
    for manifest in (*claims, *scene.by_kind["PersistentVolume"], *namespaces):
        for missing in _missing(manifest):
            yield Problem(
                f"{manifest.reference.short} lacks {missing}",
                manifest.reference,
                ("metadata", "annotations"),
            )


def _missing(manifest: Manifest) -> Iterator[str]:
    if not {"Prune=false", "Delete=false"} <= sync_options(manifest.value):
        yield f"{ARGOCD}: Prune=false,Delete=false"
    if manifest.get("metadata", "annotations", FLUX) != "disabled":
        yield f"{FLUX}: disabled"


CHECKS = (Check(prune_guard, Severity.ERROR),)
