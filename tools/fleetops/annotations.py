"""What an object's annotations say to the controllers that sync it: Argo CD and Flux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGOCD: Final = "argocd.argoproj.io/sync-options"
FLUX: Final = "kustomize.toolkit.fluxcd.io/prune"
_FLUX_FORCE: Final = "kustomize.toolkit.fluxcd.io/force"


def sync_options(value: Any) -> set[str]:  # noqa: ANN401
    """Give the sync options of Argo CD that an object carries, as in `Prune=false`."""
    options = str(dig(value, "metadata", "annotations", ARGOCD) or "")
    return {one.strip() for one in options.split(",")}


def guards_of(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Give the controllers that an annotation keeps from pruning an object."""
    if "Prune=false" in sync_options(value):
        yield "Argo CD"
    if dig(value, "metadata", "annotations", FLUX) == "disabled":
        yield "Flux"


def is_forced(value: Any) -> bool:  # noqa: ANN401
    """Tell whether a controller is told to replace an object where it cannot be changed."""
    flux = dig(value, "metadata", "annotations", _FLUX_FORCE) == "enabled"
    return flux or "Force=true" in sync_options(value)
