"""What runs, what is wrong with it, and what a change does to it, as one result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.results.report import Report
from fleetops.api.status import status
from fleetops.api.validate import Request, Since, validate
from fleetops.git.history import open_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Narrate


def report(fleet: Fleet, names: Sequence[str], start: str | None, narrate: Narrate) -> Report:
    """Look at the environments of these names, or at all where none is given.

    With `start`, a revision, also at what changes from there, and what there says decides. Raises
    what `status`, `validate` and `compare` raise.
    """
    environments = tuple(dict.fromkeys(names))
    comparison = None
    if start is not None:
        from fleetops.api import diff

        comparison = diff.compare(fleet, diff.Request(environments, start), narrate)
    request = Request(environments, since=Since(start) if start else None)
    # What the validation renders, the status is told of.
    validation = validate(fleet, request, narrate)
    history = open_history(fleet.repository.root)
    return Report(
        repository=fleet.repository.root.name,
        commit=history.head if history else None,
        made=fleet.clock(),
        status=status(fleet, environments, None, narrate),
        validation=validation,
        comparison=comparison,
    )
