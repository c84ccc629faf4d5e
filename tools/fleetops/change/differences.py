"""What differs between two renders, object by object and field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from fleetops.change.defaults import is_default
from fleetops.change.meaning import encoded, meaning
from fleetops.change.pairing import pair_items, pair_objects
from fleetops.lists import keeps_order, merge_keys
from fleetops.shapes import below, root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest, Reference

Reason = Literal["default", "notation", "order"]
"""Why a difference changes nothing: the API server fills in the same where nothing is written, it
is the same quantity or duration, the order of the list means nothing."""


class Difference(Struct, frozen=True):
    """A field or item that is not the same, or that only one of two renders has."""

    old: NodePath
    """Where it was; as far as there was something."""
    new: NodePath
    """Where it is."""
    before: Any
    """None where there was nothing, or null."""
    after: Any
    reason: Reason | None = None
    """Why it changes nothing; None where it does."""
    moved: bool = False
    """True where the list has the same items in another order."""

    @property
    def path(self) -> NodePath:
        """Where it is, or was if it is gone."""
        return self.old if self.after is None else self.new


class ObjectDifference(Struct, frozen=True):
    """An object of which something is not the same, or that only one of two renders has."""

    before: Manifest | None
    after: Manifest | None
    fields: tuple[Difference, ...] = ()
    """Of an object that both have."""

    @property
    def resource(self) -> Reference:
        """The object that is meant, by its new name."""
        (one, *_) = (one for one in (self.after, self.before) if one)
        return one.reference


def differences(
    before: Sequence[Manifest], after: Sequence[Manifest]
) -> Iterator[ObjectDifference]:
    """Give every difference, in the order of the new render; what is gone comes last."""
    for pair in pair_objects(before, after):
        old = None if pair.before is None else before[pair.before]
        new = None if pair.after is None else after[pair.after]
        if old is None or new is None:
            yield ObjectDifference(old, new)
        elif old is not new and encoded(old.value) != encoded(new.value):
            place = _Place(root(new), "", (), ())
            yield ObjectDifference(old, new, tuple(_values(place, old.value, new.value)))


class _Place(Struct, frozen=True):
    """Where two values are compared."""

    shape: str
    name: str
    old: NodePath
    new: NodePath

    def below(self, old: str | int, new: str | int) -> _Place:
        return _Place(
            below(self.shape, new),
            new if isinstance(new, str) else "",
            (*self.old, old),
            (*self.new, new),
        )

    def difference(
        self,
        before: Any,  # noqa: ANN401
        after: Any,  # noqa: ANN401
        reason: Reason | None = None,
        *,
        moved: bool = False,
    ) -> Difference:
        return Difference(self.old, self.new, before, after, reason, moved)


def _values(place: _Place, before: Any, after: Any) -> Iterator[Difference]:  # noqa: ANN401
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _mappings(place, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(place, before, after)
    elif encoded(before) != encoded(after):
        same = meaning(place.shape, place.name, before) == meaning(place.shape, place.name, after)
        yield place.difference(before, after, "notation" if same else None)


def _mappings(place: _Place, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    for key in {**before, **after}:
        inside = place.below(key, key)
        if key in before and key in after:
            yield from _values(inside, before[key], after[key])
            continue
        value = before[key] if key in before else after[key]
        # Not where a field beside it changes what is filled in.
        same = all(is_default(inside.shape, key, value, holder) for holder in (before, after))
        reason: Reason | None = "default" if same else None
        yield inside.difference(before.get(key), after.get(key), reason)


def _lists(place: _Place, before: list[Any], after: list[Any]) -> Iterator[Difference]:
    if encoded(before) == encoded(after):
        return
    pairs = pair_items(place.shape, before, after)
    kept = [pair.before for pair in pairs if pair.before is not None and pair.after is not None]
    if kept != sorted(kept):
        counts = merge_keys(place.shape) and keeps_order(place.shape, [*before, *after])
        yield place.difference(before, after, None if counts else "order", moved=True)
    for old, new in pairs:
        if old is not None and new is not None:
            yield from _values(place.below(old, new), before[old], after[new])
        elif old is not None:
            yield place.below(old, old).difference(before[old], None)
        elif new is not None:
            yield place.below(new, new).difference(None, after[new])
