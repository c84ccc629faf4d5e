"""What an object's annotations say to the controllers that sync it: Argo CD and Flux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGOCD: Final = "argocd.argoproj.io/sync-options"
FLUX: Final = "kustomize.toolkit.fluxcd.io/prune"
HOOK: Final = "argocd.argoproj.io/hook"
_HOOK_POLICY: Final = "argocd.argoproj.io/hook-delete-policy"
_ANEW: Final = "BeforeHookCreation"
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
    """Tell whether a controller is told to replace an object where it cannot be changed.

    A hook of Argo CD's is made anew each time, unless it says otherwise. `Force=true` alone does
    nothing beside server-side apply (argoproj/argo-cd#29624).
    """
    annotations = dig(value, "metadata", "annotations")
    if dig(annotations, _FLUX_FORCE) == "enabled":
        return True
    if dig(annotations, HOOK) is not None:
        policy = str(dig(annotations, _HOOK_POLICY) or _ANEW)
        return _ANEW in policy
    return {"Force=true", "Replace=true"} <= sync_options(value)
