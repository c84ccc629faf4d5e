"""Which object of one render is which of another, and which item of a list."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from fleetops.change.meaning import encoded, meaning
from fleetops.lists import identity, is_set, merge_keys
from fleetops.shapes import below

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from fleetops.manifests import Manifest

_GENERATED = {"ConfigMap", "Secret"}
# The letters of kustomize's hashes: api/hasher, encode.
_HASH = re.compile(r"(?P<stem>.+)-[2456789bcdfghkmt]{10}\Z", re.DOTALL)


class Pair(NamedTuple):
    """The indices of one thing before and after; None where it was not or is not there."""

    before: int | None
    after: int | None


def pair_objects(before: Sequence[Manifest], after: Sequence[Manifest]) -> list[Pair]:
    """Pair the objects of two renders.

    A ConfigMap or Secret whose generated name has another hash is the same one, renamed.
    """
    return join(before, after, lambda one: one.reference, _stem)


def _stem(manifest: Manifest) -> Hashable:
    reference = manifest.reference
    found = _HASH.match(reference.name) if reference.kind in _GENERATED else None
    return (reference.kind, reference.namespace, found["stem"]) if found else None


def pair_items(shape: str, before: list[Any], after: list[Any]) -> list[Pair]:
    """Pair the items of two lists of a shape: by their keys, by what they mean, or by order.

    Of a list with keys an item is the same one too where nothing but its key has changed.
    """
    inside = below(shape, 0)
    keys = merge_keys(shape)
    if keys:
        named = {key.partition(".")[0] for key in keys}
        return join(
            before,
            after,
            lambda item: identity(item, keys),
            lambda item: meaning(inside, "", _without(item, named)),
        )
    if is_set(shape):
        return join(before, after, encoded, lambda item: meaning(inside, "", item), lambda _: 0)
    return _in_order(before, after)


def _without(item: Any, names: set[str]) -> Any:  # noqa: ANN401
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if key not in names}


def join(
    before: Sequence[Any], after: Sequence[Any], *keys: Callable[[Any], Hashable]
) -> list[Pair]:
    """Pair what has the same key, by the first of the keys that does it; None is no key.

    The pairs are in the order of `after`; what is gone comes last.
    """
    left, right = dict.fromkeys(range(len(before))), dict.fromkeys(range(len(after)))
    found: dict[int, int] = {}
    for key in keys:
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for at in left:
            waiting[key(before[at])].append(at)
        waiting.pop(None, None)
        for at in tuple(right):
            queue = waiting.get(key(after[at]))
            if queue:
                found[at] = queue.popleft()
                del left[found[at]], right[at]
    return [
        *(Pair(found.get(at), at) for at in range(len(after))),
        *(Pair(at, None) for at in left),
    ]


def _in_order(before: list[Any], after: list[Any]) -> list[Pair]:
    """Pair by order; what came or went between others is seen, in one place."""
    old, new = [encoded(one) for one in before], [encoded(one) for one in after]
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    most = shorter - start
    end = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    last, end_of_new = len(old) - end, len(new) - end
    return [
        *(Pair(at, at) for at in range(start)),
        *(
            Pair(at if at < last else None, at if at < end_of_new else None)
            for at in range(start, max(last, end_of_new))
        ),
        *(Pair(last + at, end_of_new + at) for at in range(end)),
    ]
