"""What a validation says of a change: each environment against what it was at a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.dangers import change_of, dangers
from fleetops.api.results.findings import Danger
from fleetops.api.sides import Side, departed
from fleetops.api.source import Source
from fleetops.catalogue import CONFIG, running_release
from fleetops.checks import DANGER_UNKNOWN
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fleetops.api.bench import Bench
    from fleetops.api.sides import Sides
    from fleetops.api.states import State
    from fleetops.errors import FleetopsError
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.render import Render


class Gate:
    """Environments as they were; only those of which some file is another are rendered."""

    def __init__(self, bench: Bench, start: State, sides: Iterable[Sides], *, whole: bool) -> None:
        """With `whole`, what has become of environments that left counts too."""
        self._bench = bench
        self._start = start
        # What cannot be rendered now is told of as such.
        self.sides = [
            one for one in sides if not isinstance(one.after, InputError) and not one.is_same
        ]
        if whole:
            there = {one.name for one in bench.fleet.config.environments}
            left = [name for name in start.environments if name not in there]
            self.sides += departed(start, left, bench.fleet.repository)

    @property
    def renders(self) -> set[str]:
        """The environments whose render of now is needed."""
        return {one.environment for one in self.sides if one.after}

    @property
    def overlays(self) -> list[tuple[Repository, Closure]]:
        """What has to be rendered of the revision."""
        return [(one.repository, one.closure) for one in self._before()]

    def _before(self) -> Iterator[Side]:
        return (one.before for one in self.sides if isinstance(one.before, Side))

    def dangers(
        self, outcomes: Iterator[Render | FleetopsError], renders: Mapping[str, Render]
    ) -> Iterator[Danger]:
        """Give what is in danger, and the gates that are closed.

        `outcomes` is what has become of the overlays, and `renders` has the environments that are
        reached and can be rendered now.
        """
        for one in self._bench.progress.counted("comparing", self.sides, len(self.sides)):
            outcome = next(outcomes) if isinstance(one.before, Side) else None
            after = renders.get(one.environment)
            if one.after and after is None:
                continue
            try:
                if isinstance(one.before, InputError):
                    raise one.before
                before = one.before.rendered(outcome) if one.before and outcome else None
            except InputError as error:
                yield _unknown(one.environment, error)
                if after is not None:
                    yield from self._closed(one.environment, None, after)
                continue
            yield from self._dangers(one, before, after)
            if before is not None and after is not None:
                yield from self._closed(one.environment, before[0], after)

    def _closed(self, name: str, before: Render | None, after: Render) -> Iterator[Danger]:
        """Give the gates that are closed to a change of what runs, which may not be known."""
        from fleetops.api import admission

        bench, config = self._bench, self._start.fleet.config
        environment = config.environment(name)
        versions = bench.scene(environment, after).versions
        former = bench.scene(environment, before).versions if before else {}
        if former == versions:
            return
        yield from admission.frozen(bench.fleet, environment)
        previous = config.before(environment)
        if previous is None or not environment.gates.runs_before:
            return
        release = running_release(versions, bench.fleet.releases)
        changed = {one for one in {*former, *versions} if former.get(one) != versions.get(one)}
        # A release of the other images only says nothing of how long these have run anywhere.
        if release is None or not changed <= {one.name for one in release.images.values()}:
            yield admission.nameless(bench.fleet, environment, previous)
            return
        arrival = admission.Arrival(environment, previous, release, self._start.name)
        if not admission.is_back(bench, arrival):
            yield from admission.too_young(bench, arrival)

    def _dangers(
        self, sides: Sides, before: tuple[Render, Source] | None, render: Render | None
    ) -> Iterator[Danger]:
        after = (render, Source(render, self._bench.fleet.repository)) if render else None
        known = [one for one in (before, after) if one]
        old, new = (one[0].manifests if one else () for one in (before, after))
        sources = (known[0][1], known[-1][1])
        registries = self._bench.fleet.config.registries
        yield from dangers(change_of(sides.environment, old, new, registries), sources)


def _unknown(environment: str, error: InputError) -> Danger:
    return Danger(
        rule=DANGER_UNKNOWN.id,
        severity="refuse",
        environment=environment,
        message=f"as it was it cannot be rendered: {error.message}",
        file=error.place.path if error.place else CONFIG,
        line=error.place.line if error.place else None,
    )
