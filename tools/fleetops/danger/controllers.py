"""Rules on what a GitOps controller makes of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.annotations import guards_of
from fleetops.danger.interface import Danger, Rule, Weight
from fleetops.danger.syncing import SOURCES, syncs
from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.danger.interface import Change

_DATA = {
    "CustomResourceDefinition",
    "Namespace",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StatefulSet",
}
"""What has a rule of its own."""
_POLICIES = {
    "Application": ("spec", "syncPolicy", "automated"),
    "ApplicationSet": ("spec", "template", "spec", "syncPolicy", "automated"),
}
_SWITCHES = (
    ("argocd.argoproj.io/skip-reconcile", "true", "is no longer looked after by Argo CD"),
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled", "is no longer applied by Flux"),
)
"""Annotations, what switches off by them, and what that means."""


def leaves_render(change: Change) -> Iterator[Danger]:
    """An object leaves the render.

    A controller that prunes deletes it from the cluster; one that does not leaves it there, where
    nobody looks after it. An object that gets another name leaves under its old one. Annotations
    that guard it against pruning keep it.
    """
    for one in change.differences:
        if not one.before or one.after:
            continue
        if syncs(one.before) or one.before.reference.group == SOURCES:
            continue
        if one.before.reference.kind not in _DATA:
            guards = " and ".join(guards_of(one.before.value))
            fate = f"{guards} would keep it" if guards else "it would be pruned"
            yield Danger(f"leaves the render: {fate}", one.before, gone=True)


def controller_suspended(change: Change) -> Iterator[Danger]:
    """A controller comes to look after an environment no longer.

    A Flux object is suspended, an Argo CD Application is skipped or no longer syncs or heals by
    itself, or an object tells Flux to leave it alone: what Git says from now on does not reach the
    cluster, or what is changed there by hand stays. Resume it as soon as what it was suspended for
    is over.
    """
    for pair in change.pairs:
        for annotation, off, words in _SWITCHES:
            switch = ("metadata", "annotations", annotation)
            if pair.new.get(*switch) == off != pair.old.get(*switch):
                yield pair.danger(words, *switch)
        group = pair.new.reference.group
        if group.endswith(".toolkit.fluxcd.io"):
            path: tuple[str, ...] = ("spec", "suspend")
            if pair.new.get(*path) is True and pair.old.get(*path) is not True:
                yield pair.danger("is suspended", *path)
        elif group == "argoproj.io" and pair.new.reference.kind in _POLICIES:
            path = _POLICIES[pair.new.reference.kind]
            if _is_automated(pair.old.get(*path)) and not _is_automated(pair.new.get(*path)):
                yield pair.danger("no longer syncs by itself", *path)
            elif pair.old.get(*path, "selfHeal") is True and not pair.new.get(*path, "selfHeal"):
                yield pair.danger("no longer heals by itself", *path, "selfHeal")


def _is_automated(automated: Any) -> bool:  # noqa: ANN401
    return automated is not None and dig(automated, "enabled") is not False


SUSPENDED = Rule(controller_suspended, Weight.WARN)
RULES = (Rule(leaves_render, Weight.WARN), SUSPENDED)
