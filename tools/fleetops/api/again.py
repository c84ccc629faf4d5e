"""What is pushed, and planned anew whenever somebody else was quicker."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final, TypeVar

from fleetops.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetops.git.remote import Remote

T = TypeVar("T")

_TRIES: Final = 10
_LONGEST: Final = 30.0
"""Seconds between two tries, at most."""


def again(attempt: Callable[[], T | None], place: str, narrate: Callable[[str], None]) -> T:
    """Give what an attempt gives, at the tenth at last; None means that somebody was quicker.

    Raises RefusedError where others always were.
    """
    for number in range(_TRIES):
        started = time.monotonic()
        if (result := attempt()) is not None:
            return result
        narrate(f"{place} has moved on; planning again on it")
        # Spread over more and more times of a try, so that one of them falls between two others.
        longest = min(_LONGEST, (time.monotonic() - started) * 2**number)
        time.sleep(random.uniform(0, longest))  # noqa: S311
    raise RefusedError(
        f"others were quicker to push to {place}, {_TRIES} times",
        hint="nothing was written; try again when it is calmer there",
    )


def pushed(remote: Remote, commit: str, branch: str, tip: str | None) -> bool:
    """Push a commit to a branch that was at `tip`; False where it no longer is.

    Raises RefusedError where the remote refuses.
    """
    refusal = remote.push(commit, branch, tip)
    if refusal is None:
        return True
    now = remote.tip(branch)
    # Two pushes at the very same time may both find the branch locked.
    if now == tip and "lock" not in refusal:
        raise RefusedError(f"{remote.name} refuses the push to {branch}", hint=refusal)
    return now == commit
