"""The shards of a validation: which environments each has, and what all of them are of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops import __version__
from fleetops.api.owners import book_of
from fleetops.api.recall import Recall
from fleetops.api.results.validation import ShardedState
from fleetops.catalogue import CONFIG
from fleetops.errors import InputError
from fleetops.git.history import open_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.bench import Bench
    from fleetops.api.validate import Request
    from fleetops.catalogue import Environment


class Part(Struct, frozen=True):
    """One of several parts, that are the same wherever they are made."""

    number: int
    """From 1 on."""
    of: int

    @property
    def is_first(self) -> bool:
        """Whether what is said of no single environment is told here."""
        return self.number == 1

    def share(self, names: Sequence[str]) -> tuple[str, ...]:
        """Give its own of some names, in their order; no two parts differ by more than one.

        Which those are goes by digests: every third name may be that of a production, which takes
        longest.
        """
        dealt = sorted(names, key=lambda name: hashlib.sha256(ascii(name).encode()).digest())
        own = {*dealt[self.number - 1 :: self.of]}
        return tuple(name for name in names if name in own)


def state_of(bench: Bench, request: Request, start: str | None) -> ShardedState:
    """Say what every shard of a validation is of; `start` is the commit of the change.

    Raises InputError for files that cannot be read, other than those of an overlay.
    """
    config, since = bench.fleet.config, request.since
    named = tuple(map(config.environment, dict.fromkeys(request.environments)))
    environments = named or config.environments
    history = open_history(bench.guarded)
    content = hashlib.sha256(f"{request.environments!a}\n".encode())
    for one in _deciding(bench, environments):
        content.update(f"{one!a}\n".encode())
    return ShardedState(
        fleetops=__version__,
        commit=history.head if history else None,
        start=start,
        accepted=dict(since.accepted) if since else {},
        environments=tuple(one.name for one in environments),
        content=content.hexdigest(),
    )


def _deciding(bench: Bench, environments: Sequence[Environment]) -> Iterator[object]:
    """Give, as values to be compared, whatever may be another although the commit is the same."""
    fleet = bench.fleet
    recall = Recall(bench)
    yield fleet.repository.read_text(CONFIG) if fleet.described else None
    yield tuple(fleet.releases.items())
    if any(one.gates.approvals for one in environments):
        book = book_of(bench)
        yield book.prefix, tuple(book.texts.items())
    for one in bench.progress.counted("reading", environments, len(environments)):
        try:
            closure = fleet.closure(one)
        except InputError as error:
            yield error.summary
        else:
            yield recall.grounds(one, closure)
