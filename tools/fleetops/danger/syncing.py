"""Rules on the objects that sync an environment: Argo CD's Applications, Flux's Kustomizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fleetops.danger.interface import Danger, Rule, Weight
from fleetops.manifests import dig, mappings, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.danger.interface import Change, Pair
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

_ARGO: Final = "argoproj.io"
FLUX: Final = "kustomize.toolkit.fluxcd.io"
SOURCES: Final = "source.toolkit.fluxcd.io"
_SYNC: Final = {(_ARGO, "Application"), (_ARGO, "ApplicationSet"), (FLUX, "Kustomization")}
_FINALIZER: Final = "resources-finalizer.argocd.argoproj.io"
_TEMPLATE: Final = ("spec", "template")
_SHOWN: Final = 100
"""Characters of a value that is repeated."""
_HIDDEN: Final = frozenset("@?\n")
"""What an address has that holds a password or a token, and a text that is none to show."""
_OTHERWISE: Final = "renders otherwise than the overlay says"

_APPLICATION: Final[dict[NodePath, str]] = {
    ("spec", "source", "path"): "syncs another folder",
    ("spec", "source", "repoURL"): "syncs another repository",
    ("spec", "source", "targetRevision"): "syncs another revision",
    ("spec", "sources"): "syncs other sources",
    ("spec", "source", "kustomize"): _OTHERWISE,
    ("spec", "source", "helm"): _OTHERWISE,
    ("spec", "source", "directory"): _OTHERWISE,
    ("spec", "source", "plugin"): _OTHERWISE,
    ("spec", "destination"): "syncs to another cluster or namespace",
}
_AIMS: Final[dict[tuple[str, str], dict[NodePath, str]]] = {
    (_ARGO, "Application"): _APPLICATION,
    (_ARGO, "ApplicationSet"): {(*_TEMPLATE, *path): it for path, it in _APPLICATION.items()},
    (FLUX, "Kustomization"): {
        ("spec", "path"): "syncs another folder",
        ("spec", "sourceRef"): "syncs another source",
        ("spec", "kubeConfig"): "syncs to another cluster",
        ("spec", "targetNamespace"): "syncs to another namespace",
        ("spec", "serviceAccountName"): "syncs as somebody else",
        ("spec", "images"): _OTHERWISE,
        ("spec", "patches"): _OTHERWISE,
        ("spec", "components"): _OTHERWISE,
        ("spec", "namePrefix"): _OTHERWISE,
        ("spec", "nameSuffix"): _OTHERWISE,
    },
}
_SOURCE_AIMS: Final[dict[NodePath, str]] = {
    ("spec", "url"): "fetches from another address",
    ("spec", "endpoint"): "fetches from another address",
    ("spec", "bucketName"): "fetches another bucket",
    ("spec", "ref"): "fetches another revision",
    ("spec", "ignore"): "leaves out other files",
    ("spec", "include"): "takes files from elsewhere",
}


def syncs(manifest: Manifest) -> bool:
    """Tell whether an object has a controller sync a folder."""
    return manifest.reference[:2] in _SYNC


def aims(manifest: Manifest) -> tuple[str, ...]:
    """Give the folders of a repository that an object has synced, as they are written."""
    spec = manifest.get("spec")
    if manifest.reference.kind == "ApplicationSet":
        spec = manifest.get(*_TEMPLATE, "spec")
    several = (one.get("path") for _, one in mappings(dig(spec, "sources")))
    paths = (dig(spec, "path"), dig(spec, "source", "path"), *several)
    return tuple(path for path in paths if isinstance(path, str))


def sync_removed(change: Change) -> Iterator[Danger]:
    """What syncs an environment goes, or the source that this takes it from.

    An Application with Argo CD's finalizer, an ApplicationSet and a Flux Kustomization that prunes
    take all with them that they applied, claims as well. Without that the environment stays, and
    what Git says does not reach it any more. To hand it over to another, first see to it that
    nothing goes with the old one: no finalizer, preserveResourcesOnDeletion, or a deletionPolicy
    of Orphan.
    """
    for one in change.differences:
        if not one.before or one.after:
            continue
        if one.before.reference.group == SOURCES:
            yield Danger("goes, and nothing fetches what it gave", one.before, gone=True)
        elif syncs(one.before):
            folder = " and ".join(aims(one.before)) or "its folder"
            all_of_it = "goes, and with it all that it applied"
            fate = all_of_it if _takes_all(one.before) else f"goes, and no longer syncs {folder}"
            yield Danger(fate, one.before, gone=True)


def sync_redirected(change: Change) -> Iterator[Danger]:
    """What syncs an environment comes to sync something else, or to somewhere else.

    Another folder, repository, revision, cluster or namespace, or images and patches of the
    controller's own on top of the overlay: what was validated is not what runs, and a controller
    that prunes deletes what the former one had. Say in the overlay what is to run. To move an
    environment, have a new object sync the new one, and let the old one go when nothing depends on
    it.
    """
    for pair in change.pairs:
        group, kind = pair.new.reference[:2]
        known = _SOURCE_AIMS if group == SOURCES else _AIMS.get((group, kind), {})
        same = _sources(pair.old) == _sources(pair.new)
        for path, words in known.items():
            of_source = {"source", "sources"}.intersection(path)
            spared = (of_source and same) or _same_folder(pair, path)
            if any(pair.within(*path)) and not spared:
                yield pair.danger(f"{words}{_values(pair, path)}", *path)


def _values(pair: Pair, path: NodePath) -> str:
    """Say what it was and what it is, where these are words, and no address with a secret."""
    old, new = pair.old.get(*path), pair.new.get(*path)
    for word in (old, new):
        if not isinstance(word, str) or len(word) > _SHOWN or _HIDDEN.intersection(word):
            return ""
    return f": {new}, formerly {old}" if old != new else ""


def _sources(manifest: Manifest) -> list[Any]:
    """Give the sources of an Application, however many it says."""
    spec = manifest.get("spec")
    if manifest.reference.kind == "ApplicationSet":
        spec = manifest.get(*_TEMPLATE, "spec")
    several = dig(spec, "sources")
    sources = several if isinstance(several, list) else [dig(spec, "source")]
    return [
        {**one, "path": _folder(one.get("path"))} if isinstance(one, dict) else one
        for one in sources
    ]


def _same_folder(pair: Pair, path: NodePath) -> bool:
    old, new = (_folder(one.get(*path)) for one in (pair.old, pair.new))
    return path[-1] == "path" and old == new


def _folder(path: Any) -> Any:  # noqa: ANN401
    """Give a folder as it is spelled shortest; none is the repository itself."""
    path = path or ""
    if not isinstance(path, str):
        return path
    # `..` may lead through a link, and Argo CD takes no absolute path.
    inside = "/".join(part for part in path.split("/") if part not in ("", "."))
    return f"/{inside}" if path.startswith("/") else inside


def _takes_all(manifest: Manifest) -> bool:
    match manifest.reference.kind:
        case "Application":
            finalizers = strings(manifest.get("metadata", "finalizers"))
            return any(one.startswith(_FINALIZER) for _, one in finalizers)
        case "ApplicationSet":
            return manifest.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is not True
    if manifest.get("spec", "suspend") is True:
        return False
    policy = manifest.get("spec", "deletionPolicy") or "MirrorPrune"
    prunes = manifest.get("spec", "prune") is True
    return policy in ("Delete", "WaitForTermination") or (policy == "MirrorPrune" and prunes)


REMOVED = Rule(sync_removed, Weight.REFUSE)
REDIRECTED = Rule(sync_redirected, Weight.REFUSE)
RULES = (REMOVED, REDIRECTED)
