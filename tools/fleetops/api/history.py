"""Which release an environment ran when, by whom and with which pull request."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from fleetops.api.bench import bench
from fleetops.api.past import stays
from fleetops.api.results.history import History, HistoryEntry, VersionChange
from fleetops.git import open_git
from fleetops.git.log import signatures
from fleetops.git.pulls import pull_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.api.fleet import Fleet
    from fleetops.api.past import Stay
    from fleetops.api.progress import Narrate
    from fleetops.catalogue import Environment
    from fleetops.git.log import Signature


def history(fleet: Fleet, environment: Environment, limit: int, narrate: Narrate) -> History:
    """Go back over what an environment ran, `limit` entries at most, from the current commit on.

    Raises UsageError where there is no commit, InputError for commits that cannot be read, and
    ProgramError where a program cannot be had.
    """
    git = open_git(fleet.repository.root)
    with bench(fleet, narrate) as place:
        found = list(islice(stays(place, environment, git.commit("HEAD")), limit + 1))
    entries, former = found[:limit], found[1:]
    last = found[-1]
    end = last.end if last.end and len(found) <= limit else "limit"
    if end == "beginning" and last.state.kind == "absent":
        # It was not thought of yet.
        entries = found[:-1]
    said = signatures(git, [one.commit for one in entries])
    return History(
        environment=environment.name,
        entries=tuple(
            _entry(one, former[index] if index < len(former) else None, said[one.commit])
            for index, one in enumerate(entries)
        ),
        end=end,
    )


def _entry(stay: Stay, former: Stay | None, said: Signature) -> HistoryEntry:
    return HistoryEntry(
        commit=stay.commit,
        when=said.when,
        author=said.author,
        subject=said.subject,
        pull_request=pull_request(said.subject, said.body),
        state=stay.state.kind,
        release=stay.release,
        note=stay.state.why,
        changes=tuple(_changes(stay, former)) if former else (),
        begun=stay.begun,
    )


def _changes(stay: Stay, former: Stay) -> Iterator[VersionChange]:
    if {stay.state.kind, former.state.kind} != {"running"}:
        return
    after, before = stay.state.versions, former.state.versions
    for image in sorted({*after, *before}):
        pair = [tuple(sorted(one.get(image, ()))) for one in (before, after)]
        if pair[0] != pair[1]:
            yield VersionChange(image=image, before=pair[0], after=pair[1])
