"""A rehearsal that was printed as JSON, read again for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fleetops.api.results.rehearsal import Rehearsal
from fleetops.errors import Place, UsageError
from fleetops.files import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.api.propose import Wish


def read_rehearsal(path: Path, wish: Wish) -> Rehearsal:
    """Read what `fleetops rehearse --output json` printed.

    Raises UsageError for a file that cannot be read, and for the rehearsal of something else.
    """
    place = Place(str(path))
    try:
        with path.open("rb") as file:
            rehearsal = msgspec.json.decode(file.read(MAX_BYTES), type=Rehearsal)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", place=place) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        hint = "print one with fleetops rehearse --output json"
        raise UsageError("holds no rehearsal", place=place, hint=hint) from None
    if rehearsal.release != wish.release or rehearsal.environment not in wish.environments:
        raise UsageError(
            f"is of {rehearsal.release} in {rehearsal.environment}, which is not promoted here",
            place=place,
        )
    return rehearsal
