"""Two renders of an environment as a result: what differs, where that is written, no secrets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from fleetops.api.dangers import change_of, dangers
from fleetops.api.results.comparison import EnvironmentChange, FieldChange, ObjectChange
from fleetops.api.source import find_gone, find_new
from fleetops.change import spelled
from fleetops.secrecy import veil

if TYPE_CHECKING:
    from fleetops.api.source import Source
    from fleetops.change import Difference, ObjectDifference
    from fleetops.manifests import Manifest
    from fleetops.render import Render

    Rendered = tuple[Render, Source]


def compared(
    environment: str,
    before: Rendered | None,
    after: Rendered | None,
    registries: tuple[str, ...],
    *,
    everything: bool,
) -> EnvironmentChange:
    """Compare an environment, which may not exist in one of the states.

    `registries` are those that images may come from, `everything` shows also what changes nothing.
    """
    known = [one for one in (before, after) if one]
    sources = (known[0][1], known[-1][1])
    old, new = (one[0].manifests if one else () for one in (before, after))
    change = change_of(environment, old, new, registries)
    found = change.differences
    objects = tuple(
        _object(one, sources, everything=everything) for one in found if everything or _counts(one)
    )
    reasons = Counter(field.reason for one in found for field in one.fields if field.reason)
    return EnvironmentChange(
        environment=environment,
        outcome=_outcome(before, after) if any(map(_counts, found)) else "unchanged",
        objects=objects,
        left_out=dict(sorted(reasons.items())),
        dangers=tuple(dangers(change, sources)),
    )


def _outcome(before: Any, after: Any) -> Literal["added", "removed", "changed"]:  # noqa: ANN401
    return "added" if before is None else "removed" if after is None else "changed"


def _counts(difference: ObjectDifference) -> bool:
    return not difference.fields or any(one.reason is None for one in difference.fields)


def _object(
    difference: ObjectDifference, sources: tuple[Source, Source], *, everything: bool
) -> ObjectChange:
    before, after = difference.before, difference.after
    (there, *_) = (one for one in (after, before) if one)
    place = (find_new if after else find_gone)(sources, there, ())
    renamed = before and after and before.reference.name != after.reference.name
    return ObjectChange(
        resource=str(difference.resource),
        outcome=_outcome(before, after),
        formerly=before.reference.name if before and renamed else None,
        fields=tuple(
            _field(before, after, field, sources)
            for field in difference.fields
            if before and after
            if everything or field.reason is None
            if field.new != ("metadata", "name")
        ),
        file=place.path,
        line=place.line,
    )


def _field(
    before: Manifest, after: Manifest, field: Difference, sources: tuple[Source, Source]
) -> FieldChange:
    gone = field.after is None and field.before is not None
    place = find_gone(sources, before, field.old) if gone else find_new(sources, after, field.new)
    old, new = veil(before, field.old, field.before), veil(after, field.new, field.after)
    return FieldChange(
        path=spelled(before, field.old) if gone else spelled(after, field.new),
        outcome="moved" if field.moved else _outcome(field.before, field.after),
        before=old,
        after=new,
        hidden=(old, new) != (field.before, field.after),
        reason=field.reason,
        file=place.path,
        line=place.line,
    )
