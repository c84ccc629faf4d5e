"""What a danger rule is, and what it looks at: an environment as it is and as it would be."""

from __future__ import annotations

import enum
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleetops.annotations import is_forced
from fleetops.manifests import written
from fleetops.pages import Paged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleetops.change import Difference, ObjectDifference
    from fleetops.checks import Scene, Workload
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest, Reference


_HOLDERS = ("CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim")
_CLAIMS_OF_A_SET = ("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")


class Weight(enum.StrEnum):
    """What becomes of a change with a danger."""

    REFUSE = "refuse"
    """It is refused, unless the rule is accepted for it."""
    WARN = "warn"
    """It is said."""


class Danger(Struct, frozen=True):
    """Something that a rule foretells of one object."""

    message: str
    manifest: Manifest
    """As it would be, or as it was if it is gone."""
    path: NodePath = ()
    """Where in it."""
    gone: bool = False
    """True where that is in the old render."""


class Rule(Paged, frozen=True):
    """A rule; it is run on a change, and gives dangers."""

    severity: Weight


class Pair(Struct, frozen=True):
    """An object that stays, and what differs in it."""

    old: Manifest
    new: Manifest
    fields: tuple[Difference, ...]
    """Without those that change nothing."""
    moved: tuple[Difference, ...]
    """The lists whose order means nothing and is another one."""

    @property
    def forced(self) -> bool:
        """Whether an annotation has it deleted and made anew where it cannot be changed."""
        return is_forced(self.new.value)

    @property
    def holds(self) -> bool:
        """Whether something that nobody makes anew goes with it: data, objects of its kind."""
        kind = self.old.reference.kind
        return kind in _HOLDERS or (
            kind == "StatefulSet" and self.old.get(*_CLAIMS_OF_A_SET) == "Delete"
        )

    def within(self, *path: str | int) -> Iterator[Difference]:
        """Give what differs at a path, below it, or in what holds it; another order too."""
        for field in (*self.fields, *self.moved):
            length = min(len(path), len(field.path))
            if field.path[:length] == path[:length]:
                yield field

    def danger(self, message: str, *path: str | int) -> Danger:
        """Foretell something of the object, at a path of the new one or what is left of it."""
        return Danger(message, self.new, written(self.new, *path))


class Change(Struct, frozen=True, dict=True):
    """The two renders of an environment."""

    before: Scene
    after: Scene
    differences: tuple[ObjectDifference, ...]
    registries: tuple[str, ...] = ()
    """Where images may come from; from anywhere if none is named."""

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The objects that stay and in which something differs."""
        return tuple(
            Pair(
                one.before,
                one.after,
                tuple(each for each in one.fields if each.reason is None),
                tuple(each for each in one.fields if each.reason == "order"),
            )
            for one in self.differences
            if one.before and one.after
        )

    @cached_property
    def _by_kind(self) -> Mapping[tuple[str, str], list[Pair]]:
        found: dict[tuple[str, str], list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            found[pair.new.reference[:2]].append(pair)
        return found

    def changed(self, group: str, *kinds: str) -> Iterator[Pair]:
        """Give the objects of a group's kinds that stay and differ."""
        for kind in kinds:
            yield from self._by_kind.get((group, kind), ())

    def unforced(self, group: str, *kinds: str) -> Iterator[Pair]:
        """Give those of them that no annotation has replaced without harm where they are fixed."""
        return (one for one in self.changed(group, *kinds) if not one.forced or one.holds)

    def gone(self, group: str, *kinds: str) -> Iterator[Manifest]:
        """Give the objects of a group's kinds that leave the render."""
        for one in self.differences:
            if one.before and not one.after:
                reference = one.before.reference
                if reference.group == group and reference.kind in kinds:
                    yield one.before

    @cached_property
    def _workloads(self) -> Mapping[Reference, Workload]:
        return {one.manifest.reference: one for one in self.before.workloads}

    def workloads(self) -> Iterator[tuple[Workload | None, Workload]]:
        """Give the new render's workloads, each with what it was before."""
        for workload in self.after.workloads:
            yield self._workloads.get(workload.manifest.reference), workload


def named(value: Any, default: str = "none") -> str:  # noqa: ANN401
    """Say a value in a message."""
    return default if value is None else str(value)
