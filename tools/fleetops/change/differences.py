"""What differs between two renders, object by object and field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest, Reference


class Difference(Struct, frozen=True):
    """A value that is not the same, or an object or field that is in one render only."""

    resource: Reference
    path: NodePath
    """Empty where the whole object came or went."""
    before: Any
    """None where there was nothing, or null."""
    after: Any

    def __str__(self) -> str:
        """Say what happened to what, without the values, which may be secret."""
        if not self.path:
            return f"{self.resource} would {'appear' if self.before is None else 'disappear'}"
        return f"{self.resource}: {'.'.join(map(str, self.path))} would change"


def differences(before: Sequence[Manifest], after: Sequence[Manifest]) -> Iterator[Difference]:
    """Give every difference, in the order of the new render; what disappears comes last."""
    old: dict[Reference, list[Manifest]] = {}
    for manifest in before:
        old.setdefault(manifest.reference, []).append(manifest)
    for manifest in after:
        same = old.get(manifest.reference)
        if not same:
            yield Difference(manifest.reference, (), None, manifest.value)
        else:
            yield from _values(manifest.reference, (), same.pop(0).value, manifest.value)
    for reference, gone in old.items():
        for manifest in gone:
            yield Difference(reference, (), manifest.value, None)


def _values(reference: Reference, path: NodePath, before: Any, after: Any) -> Iterator[Difference]:  # noqa: ANN401
    if type(before) is not type(after):
        yield Difference(reference, path, before, after)
    elif isinstance(before, dict):
        for key in {**before, **after}:
            inside = (*path, key)
            if key in before and key in after:
                yield from _values(reference, inside, before[key], after[key])
            else:
                yield Difference(reference, inside, before.get(key), after.get(key))
    elif isinstance(before, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from _values(reference, (*path, index), *pair)
    elif before != after:
        yield Difference(reference, path, before, after)
