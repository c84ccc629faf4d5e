"""What decided at the revision that a change comes from, since no change decides about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops import goyaml
from fleetops.api.committed import said_of
from fleetops.api.customs import named, required
from fleetops.api.owners import book_at, book_of
from fleetops.api.results.findings import Danger
from fleetops.api.states import open_state
from fleetops.catalogue import CONFIG, held, judge_schemas, looser, shifts, stricter
from fleetops.checks import SAFEGUARD_CHANGED, SAFEGUARD_LOOSENED
from fleetops.errors import Place, UsageError
from fleetops.git import open_git, texts_at
from fleetops.schema import available_minors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.customs import CustomSchemas
    from fleetops.api.fleet import Fleet
    from fleetops.api.owners import Book
    from fleetops.api.states import State
    from fleetops.catalogue import Shift
    from fleetops.git import Git


class Former(Struct, frozen=True):
    """What decided at a revision."""

    git: Git
    state: State
    books: tuple[Book, ...]
    """Its CODEOWNERS files, where an environment asked for approvals."""

    @property
    def _decides(self) -> bool:
        """Whether anything did: without a fleetops.yaml, the change brings what decides."""
        return bool(self.state.environments)

    def judging(self, fleet: Fleet, *, accepted: bool) -> Fleet:
        """Give the fleet to be judged by what decided then, or now where that is `accepted`.

        Raises InputError for schemas of then that cannot be used.
        """
        if not self._decides:
            return fleet
        former = self.state.fleet
        config = held(former.config, fleet.config, available_minors(), accepted=accepted)
        if accepted or not any(self._schema_shifts(fleet)):
            return replace(fleet, config=config)
        return replace(fleet, config=config, schema_source=former)

    def dangers(self, bench: Bench, names: Sequence[str]) -> Iterator[Danger]:
        """Give what the bench's fleet, as its files say it is, does to what decides.

        With `names`, of what it does to single environments only those of these.
        """
        first = bench.fleet.config.environments[0].name
        for place, one in self._shifts(bench):
            if not names or one.environment is None or one.environment in names:
                rule = SAFEGUARD_LOOSENED if one.loosens else SAFEGUARD_CHANGED
                yield Danger(
                    rule=rule.id,
                    severity="refuse" if one.loosens else "warn",
                    environment=one.environment or first,
                    message=one.message,
                    file=place.path,
                    line=place.line,
                )

    def _shifts(self, bench: Bench) -> Iterator[tuple[Place, Shift]]:
        fleet, former = bench.fleet, self.state.fleet
        if problem := self.state.problem:
            where = problem.place or Place(CONFIG)
            message = f"{where} cannot be read, so that of the change decides: {problem.message}"
            yield Place(CONFIG, 1), looser(message)
            return
        if not self._decides:
            message = f"there was no {CONFIG} (commit {self.state.name[:12]}), so this one decides"
            yield Place(CONFIG, 1), stricter(message)
            return
        if found := list(shifts(former.config, fleet.config, fleet.clock())):
            document, *_ = goyaml.read(fleet.repository.read_text(CONFIG), CONFIG, marks=True)
            yield from ((Place(CONFIG, document.line_of(one.path)), one) for one in found)
        yield from self._schema_shifts(fleet)
        for book in self.books:
            yield from _book_shifts(book, book_of(bench))

    def _schema_shifts(self, fleet: Fleet) -> Iterator[tuple[Place, Shift]]:
        former = self.state.fleet
        with said_of(self.state.name):
            for entry in former.config.schemas:
                judge_schemas(former.repository, entry, Place(CONFIG))
            before = named(former)
            needed = {one.name: one.prerequisites for one in former.config.environments}
            required_before = {name: required(former, it) for name, it in needed.items()}
        yield from _changed(before, named(fleet))
        for one in fleet.config.environments:
            was = required_before.get(one.name, {})
            yield from _changed(was, required(fleet, one.prerequisites), one.name)


def former(bench: Bench, revision: str) -> Former:
    """Read what decided at a revision; raises as `open_state` does."""
    git = open_git(bench.guarded)
    state = open_state(bench, git, revision)
    if not state.environments and state.problem is None:
        _refuse_another(git, state.name)
    asked = any(one.gates.approvals for one in state.environments.values())
    return Former(git, state, (book_at(git, state.name),) if asked else ())


def _refuse_another(git: Git, commit: str) -> None:
    """Refuse to have a folder judged by what it brings, where one above it was what decided."""
    folders = git.prefix().split("/")[:-1]
    paths = ["/".join((*folders[:length], CONFIG)) for length in range(len(folders))]
    for path in texts_at(git, commit, paths) if paths else ():
        raise UsageError(
            f"at {commit[:12]} it was {path} that decided, and this folder had none",
            hint="validate from the folder that it is in",
        )


def _changed(
    before: CustomSchemas, after: CustomSchemas, environment: str | None = None
) -> Iterator[tuple[Place, Shift]]:
    for name, schema in after.items():
        if name not in before or schema.content != before[name].content:
            became = "another" if name in before else "new"
            message = f"the schema {name} is {became}"
            yield schema.place, looser(message, environment=environment)
    for name in sorted(before.keys() - after.keys()):
        yield Place(CONFIG), stricter(f"the schema {name} is gone", environment=environment)


def _book_shifts(old: Book, new: Book) -> Iterator[tuple[Place, Shift]]:
    for place in sorted({*old.texts, *new.texts}):
        if old.texts.get(place) != new.texts.get(place):
            became = "another" if place in new.texts else "gone"
            kind = looser if old.texts else stricter
            yield Place(place), kind(f"what names the owners is {became}")
