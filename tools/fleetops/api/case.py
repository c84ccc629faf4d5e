"""A change that is to be judged: by what decided before it, in what it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.gate import Gate
from fleetops.api.reach import reach
from fleetops.api.safeguards import former
from fleetops.api.syncing import syncing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.api.fleet import Bench
    from fleetops.api.reach import Reach
    from fleetops.api.results import Danger
    from fleetops.api.safeguards import Former
    from fleetops.catalogue import Environment
    from fleetops.render import Render


class Case(Struct, frozen=True):
    """A change, before anything of it is rendered."""

    bench: Bench
    """Its fleet is judged by what decided."""
    environments: tuple[Environment, ...]
    """Those that the change reaches, and those of which that is in doubt."""
    reach: Reach
    former: Former
    names: tuple[str, ...]
    """All environments that are asked for, those that have left too."""
    said: tuple[Danger, ...]
    """What the change does to what decides."""
    gate: Gate

    def dangers(self, renders: Mapping[str, Render]) -> Iterator[Danger]:
        """Give all that the change is in danger of; `renders` has those that the gate needs."""
        told = list(self.said)
        if self.gate.sides:
            with self.bench.kustomize.start(self.gate.overlays) as rendering:
                told += self.gate.dangers(rendering.each(), renders)
        yield from told
        # What an overlay brings was told of as a part of that.
        known = {(one.rule, one.resource) for one in told}
        then, now = self.former.state.fleet, self.bench.fleet
        for one in syncing(then, now, self.former.git, self.names):
            if (one.rule, one.resource) not in known:
                yield one


def open_case(
    bench: Bench,
    revision: str,
    environments: Sequence[Environment],
    *,
    named: bool,
    accepted: bool,
) -> Case:
    """Open the case of what has become of a revision in these environments of the bench's fleet.

    Unless they were `named`, what has become of others counts too. `accepted` is whether what the
    change loosens is. Raises UsageError for a revision that does not exist and InputError for what
    decides, then or now, and cannot be used.
    """
    before = former(bench, revision)
    said = tuple(before.dangers(bench, [one.name for one in environments] if named else ()))
    fleet = before.judging(bench.fleet, accepted=accepted)
    found = reach(bench, before, fleet, environments)
    place = replace(bench, fleet=replace(fleet, closures=found.closures))
    judged = {one.name: one for one in fleet.config.environments}
    gate = Gate(place, before.state, found.sides.values(), whole=not named)
    names = dict.fromkeys(one.name for one in environments)
    return Case(
        place,
        tuple(judged[name] for name in found.sides),
        found,
        before,
        tuple(names if named else {**names, **before.state.environments}),
        said,
        gate,
    )
