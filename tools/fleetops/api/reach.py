"""Which environments a change reaches: those of which something that decides is another one.

That is every file of the overlay, what fleetops.yaml says of the environment, the schemas that
count for it, what the catalogue says of what it runs, and who owns files where owners are asked
for. What cannot be compared is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.customs import grounds
from fleetops.api.owners import book_of
from fleetops.api.sides import Beside, Side
from fleetops.api.states import WORK_TREE, State
from fleetops.catalogue import Bearings
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.fleet import Fleet
    from fleetops.api.safeguards import Former
    from fleetops.api.sides import Sides
    from fleetops.catalogue import Environment, Release
    from fleetops.kustomization import Closure


class Reach(Struct, frozen=True):
    """What a change reaches."""

    sides: Mapping[str, Sides]
    """The environments that it reaches, and those that are in doubt, by name."""
    doubtful: frozenset[str]
    """Those of which only the catalogue is another, so that it depends on what they run."""
    catalogues: tuple[Bearings, Bearings]
    """That of before and that of now."""

    @property
    def closures(self) -> dict[str, Closure]:
        """What the overlays consist of now, as far as that can be told."""
        sides = self.sides.items()
        return {name: one.after.closure for name, one in sides if isinstance(one.after, Side)}

    def spares(self, name: str, runs: tuple[tuple[str, str], ...]) -> bool:
        """Tell whether an environment was in doubt, and is not reached, as it runs these images."""
        then, now = self.catalogues
        return name in self.doubtful and then.of(runs) == now.of(runs)


def reach(
    bench: Bench, former: Former, judged: Fleet, environments: Sequence[Environment]
) -> Reach:
    """Tell which environments of the bench's fleet the change reaches that comes from `former`.

    `judged` is the fleet as it is judged: that says what may be read of other repositories.
    Raises InputError for a catalogue or a CODEOWNERS file of now that cannot be read.
    """
    then, fleet = former.state.fleet, bench.fleet
    beside = Beside(former.state, State(WORK_TREE, judged))
    decided = _Decided(bench, former)
    before, now = _releases(then), fleet.releases
    is_same = before is not None and _images(before) == _images(now)
    sides: dict[str, Sides] = {}
    doubtful = set()
    for one in bench.progress.counted("reading", environments, len(environments)):
        both = beside.sides(one.name)
        if not (both.is_same and decided.is_same(one)):
            sides[one.name] = both
        elif not is_same:
            sides[one.name] = both
            doubtful.add(one.name)
    known = frozenset(doubtful if before is not None else ())
    return Reach(sides, known, (Bearings(before or {}), Bearings(now)))


class _Decided:
    """What decides of environments beside their files, then and now."""

    def __init__(self, bench: Bench, former: Former) -> None:
        self._fleets = former.state.fleet, bench.fleet
        configs = [fleet.config for fleet in self._fleets]
        then, now = ((it.registries, it.remotes, it.helm) for it in configs)
        self._origins = then == now
        self._owners = all(book.texts == book_of(bench).texts for book in former.books)
        self._settings = tuple(dict(_settings(fleet)) for fleet in self._fleets)
        self._schemas: dict[tuple[str, ...], bool] = {}

    def is_same(self, environment: Environment) -> bool:
        """Tell whether an environment of now is decided about as it was."""
        then, now = (settings.get(environment.name) for settings in self._settings)
        return (
            then == now
            and self._origins
            and (self._owners or environment.gates.approvals is None)
            and self._are_same(environment.prerequisites)
        )

    def _are_same(self, prerequisites: tuple[str, ...]) -> bool:
        if prerequisites not in self._schemas:
            then, now = (_schemas(fleet, prerequisites) for fleet in self._fleets)
            self._schemas[prerequisites] = then is not None and then == now
        return self._schemas[prerequisites]


def _settings(fleet: Fleet) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Give what fleetops.yaml says of each environment, by its name."""
    # Why something is excused decides nothing.
    excuses = [replace(one, reason="") for one in fleet.config.exceptions]
    previous: tuple[str, ...] = ()
    for one in fleet.config.environments:
        own = [it for it in excuses if not it.environments or one.name in it.environments]
        yield one.name, (one, own, previous if one.gates.runs_before else None)
        previous = (*previous, one.name)


def _schemas(fleet: Fleet, prerequisites: tuple[str, ...]) -> tuple[Any, ...] | None:
    """Give what the schemas of an environment are from; None where that cannot be read."""
    try:
        return fleet.config.schemas, *grounds(fleet, prerequisites)
    except InputError:
        return None


def _releases(fleet: Fleet) -> Mapping[str, Release] | None:
    """Give a catalogue; None where it cannot be read."""
    try:
        return fleet.releases
    except InputError:
        return None


def _images(releases: Mapping[str, Release]) -> dict[str, Any]:
    return {name: release.images for name, release in releases.items()}
