"""The shards of a validation, put together to what it would have been as a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from fleetops.api.acceptance import apart, needless
from fleetops.api.dangers import as_finding
from fleetops.api.explain import PAGES
from fleetops.api.results.failure import Failure
from fleetops.api.results.findings import Acceptance, Finding
from fleetops.api.results.validation import Validation
from fleetops.api.shards import Part
from fleetops.checks import FILE_WITHOUT_OWNER, GATES, SAFEGUARDS, UNRENDERABLE, UNUSED_EXCEPTION
from fleetops.danger import IDS
from fleetops.errors import InputError, Place, ProgramError, UsageError
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fleetops.api.results.findings import Danger
    from fleetops.api.results.validation import Shard, ShardedState
    from fleetops.errors import FleetopsError

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest result that is read: some 40,000 findings."""
_MAX_LINE: Final = 2**31
_HINT: Final = "a shard is what fleetops validate --shard K/N --output json prints"
_CHANGE: Final = frozenset(one.id for one in SAFEGUARDS)
_FORETOLD: Final = frozenset((*IDS, *(one.id for one in GATES), UNRENDERABLE.id))


def merge(paths: Sequence[Path], narrate: Callable[[str], None]) -> Validation:
    """Read every shard of a validation, and give what it would have said as a whole.

    Raises UsageError for a file that holds no shard, for shards that are not of one state, and for
    one that is not there or is given twice.
    """
    shards: dict[int, tuple[Path, Validation, Shard]] = {}
    for path in paths:
        result, shard = _read(path)
        if shard.number in shards:
            other = shards[shard.number][0]
            raise UsageError(f"is shard {shard.number} too, as {other} is", place=Place(str(path)))
        shards[shard.number] = path, result, shard
    (first_path, _, first), *others = shards.values()
    for path, _, shard in others:
        for difference in _differences(shard, first, str(first_path)):
            raise UsageError(difference, place=Place(str(path)), hint="run the shards again")
    if lacking := first.of - len(shards):
        missing = next(number for number in range(1, first.of + 1) if number not in shards)
        more = f", and {count(lacking - 1, 'other')} too" if lacking > 1 else ""
        raise UsageError(f"shard {missing} of {first.of} is not given{more}", hint=_HINT)
    ordered = [shards[number] for number in sorted(shards)]
    results = [result for _, result, _ in ordered]
    return _whole(results, [shard for *_, shard in ordered], narrate)


def _read(path: Path) -> tuple[Validation, Shard]:
    place = Place(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", place=place) from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"has more than {MAX_BYTES} bytes", place=place, hint="make more shards")
    try:
        # Unlike msgspec it reads the half of a character that the name of a file can hold.
        value = json.loads(content)
        result = msgspec.convert(value, type=Validation | Failure, str_keys=True)
    except (ValueError, RecursionError):
        raise UsageError("holds no result of a validation", place=place, hint=_HINT) from None
    if isinstance(result, Failure):
        raise _failure(result, path)
    if result.shard is None:
        raise UsageError("is the result of a whole validation", place=place, hint=_HINT)
    if not _is_sound(result, result.shard):
        raise UsageError("holds what no shard says", place=place, hint=_HINT)
    return result, result.shard


def _failure(result: Failure, path: Path) -> FleetopsError:
    """Give the error that a shard ended with, which the whole would have ended with too."""
    kinds = {one.exit_code: one for one in (InputError, UsageError, ProgramError)}
    return kinds.get(result.exit_code, UsageError)(
        result.message,
        place=Place(result.file, result.line) if result.file else None,
        log=result.log,
        hint="; ".join(filter(None, (result.hint, f"so ended the shard of {path}"))),
    )


def _is_sound(result: Validation, shard: Shard) -> bool:
    """Tell whether it can be what a validation has said."""
    number, of, names = shard.number, shard.of, shard.state.environments
    if not 1 <= number <= of or len({*names}) < len(names):
        return False
    share = Part(number, of).share(names)
    reached = tuple(one for one in share if one in result.environments)
    left = tuple(one for one in share if one not in reached)
    if (result.environments, result.unreached) != (reached, left):
        return False
    dangers = [danger for one in result.accepted for danger in one.dangers] + [*shard.synced]
    findings = (*result.findings, *shard.unused.values())
    rules = {*(one.check for one in findings), *(one.rule for one in dangers)}
    lines = {*(one.line for one in findings), *(one.line for one in dangers)}
    return (
        rules <= PAGES.keys()
        and result.manifests >= 0
        and all(line is None or 0 < line < _MAX_LINE for line in lines)
        and {one.rule for one in result.accepted} <= shard.state.accepted.keys() <= PAGES.keys()
    )


def _differences(shard: Shard, first: Shard, other: str) -> Iterator[str]:
    """Say what keeps a shard from being merged with the first, which is in the file `other`."""
    if shard.of != first.of:
        yield f"is one of {shard.of} shards, and {other} one of {first.of}"
    for field, words in _DIFFERENCES.items():
        mine, its = getattr(shard.state, field), getattr(first.state, field)
        if mine != its:
            yield words.format(mine=mine or "none", its=its or "none", other=other)


_DIFFERENCES: Final = {
    "fleetops": "is by fleetops {mine}, and {other} by {its}",
    "commit": "is of commit {mine}, and {other} of {its}",
    "start": "is of the change from commit {mine}, and {other} of that from {its}",
    "accepted": "accepts something else than {other}",
    "environments": "is of other environments than {other}",
    "content": "is of other files than {other}, or was asked for something else",
}
"""What is said where a field of the state differs."""


def _whole(
    results: Sequence[Validation], shards: Sequence[Shard], narrate: Callable[[str], None]
) -> Validation:
    state = shards[0].state
    found = [one for result in results for one in result.findings]
    given = [one for result in results for one in result.accepted]
    told = {(one.check, one.resource) for one in found}
    told |= {(one.rule, one.resource) for accepted in given for one in accepted.dangers}
    synced = apart([one for shard in shards for one in shard.synced], told)
    accepted = tuple(_accepted(given, synced, state))
    for line in needless(state.accepted, (one.rule for one in accepted)):
        narrate(line)
    order = _Order(state)
    placed = [(order(one), one) for one in (*found, *_unused(shards))]
    placed += [
        ((_OF_SYNCED, 0), as_finding(one)) for one in synced if one.rule not in state.accepted
    ]
    reached = {name for one in results for name in one.environments}
    findings = tuple(one for _, one in sorted(placed, key=lambda pair: pair[0]))
    return Validation(
        ok=not any(one.severity == "error" for one in findings),
        environments=tuple(one for one in state.environments if one in reached),
        unreached=tuple(one for one in state.environments if one not in reached),
        manifests=sum(one.manifests for one in results),
        findings=findings,
        accepted=accepted,
    )


def _unused(shards: Sequence[Shard]) -> Iterator[Finding]:
    """Give what is said of the exceptions that no shard needs."""
    first, *others = (one.unused for one in shards)
    return (said for at, said in first.items() if all(at in one for one in others))


def _accepted(
    given: Sequence[Acceptance], synced: Sequence[Danger], state: ShardedState
) -> Iterator[Acceptance]:
    for rule, because in state.accepted.items():
        dangers = [danger for one in given if one.rule == rule for danger in one.dangers]
        dangers.sort(key=_Order(state))
        dangers += [one for one in synced if one.rule == rule]
        if dangers:
            yield Acceptance(rule=rule, because=because, dangers=tuple(dangers))


class _Order:
    """Where in a whole validation something stands; of what is at one place, the order is kept."""

    def __init__(self, state: ShardedState) -> None:
        self._ranks = {name: rank for rank, name in enumerate(state.environments)}

    def __call__(self, one: Finding | Danger) -> tuple[int, int]:
        """Give what is wrong, then what the change is in danger of; each by environment."""
        group = _group(one.check if isinstance(one, Finding) else one.rule, one.severity)
        # What is not looked at any more comes last, and is all in the first shard.
        rank = self._ranks.get(one.environment, len(self._ranks))
        return group, 0 if group in {_OF_EXCEPTIONS, _OF_CHANGE} else rank


(
    _OF_BROKEN,
    _OF_CHECKS,
    _OF_EXCEPTIONS,
    _OF_CHANGE,
    _OF_DANGERS,
    _OF_SYNCED,
    _OF_OWNERS,
) = range(7)


def _group(name: str, severity: str) -> int:
    if name == UNRENDERABLE.id and severity == "error":
        return _OF_BROKEN
    if name == UNUSED_EXCEPTION.id:
        return _OF_EXCEPTIONS
    if name in _CHANGE:
        return _OF_CHANGE
    if name == FILE_WITHOUT_OWNER.id:
        return _OF_OWNERS
    return _OF_DANGERS if name in _FORETOLD else _OF_CHECKS
