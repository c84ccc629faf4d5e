"""What runs, what is wrong and what changes, in one."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the type of a field, which msgspec reads

from fleetops.api.results.base import Result
from fleetops.api.results.comparison import Comparison  # noqa: TC001 - the types of fields, which msgspec reads
from fleetops.api.results.status import Status  # noqa: TC001 - the types of fields, which msgspec reads
from fleetops.api.results.validation import Validation  # noqa: TC001 - the types of fields, which msgspec reads


class Report(Result, frozen=True, kw_only=True, tag="report"):
    """What runs, what is wrong with it, and what a change does to it."""

    repository: str
    """The name of its folder."""
    commit: str | None
    """What is checked out, None where there is no Git or no commit."""
    made: datetime
    status: Status
    validation: Validation
    comparison: Comparison | None
    """None without --from."""
