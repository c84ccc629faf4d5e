"""A change that is to be judged: by what decided before it, in what it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.gate import Gate
from fleetops.api.reach import reach
from fleetops.api.safeguards import former
from fleetops.api.syncing import syncing
from fleetops.checks import SAFEGUARD_LOOSENED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.reach import Reach
    from fleetops.api.results.findings import Danger
    from fleetops.api.safeguards import Former
    from fleetops.api.validate import Request, Since
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
    """The environments of which it is told what has become of that which syncs them."""
    said: tuple[Danger, ...]
    """What the change does to what decides."""
    gate: Gate

    def dangers(self, renders: Mapping[str, Render]) -> Iterator[Danger]:
        """Give all that the change is in danger of; `renders` has those that the gate needs."""
        yield from self.said
        if self.gate.sides:
            with self.bench.kustomize.start(self.gate.overlays) as rendering:
                yield from self.gate.dangers(rendering.each(), renders)

    def synced(self) -> Iterator[Danger]:
        """Give what becomes of the objects that sync environments, also of those in overlays."""
        then, now = self.former.state.fleet, self.bench.fleet
        return syncing(then, now, self.former.git, self.names)


def open_case(
    bench: Bench, request: Request, since: Since, environments: Sequence[Environment]
) -> Case:
    """Open the case of a change in these environments of the bench's fleet.

    They are those that the request names, or its part of all. Raises UsageError for a revision that
    does not exist and InputError for what decides, then or now, and cannot be used.
    """
    before = former(bench, since.revision)
    named = request.environments
    said = tuple(before.dangers(bench, named)) if request.is_first else ()
    fleet = before.judging(bench.fleet, accepted=SAFEGUARD_LOOSENED.id in since.accepted)
    found = reach(bench, before, fleet, environments)
    place = replace(bench, fleet=replace(fleet, closures=found.closures))
    judged = {one.name: one for one in fleet.config.environments}
    whole = request.is_first and not named
    gate = Gate(place, before.state, found.sides.values(), whole=whole)
    names = dict.fromkeys(named or (*judged, *before.state.environments))
    return Case(
        place,
        tuple(judged[name] for name in found.sides),
        found,
        before,
        tuple(names) if request.is_first else (),
        said,
        gate,
    )
