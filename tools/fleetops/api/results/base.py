"""What every result says of itself."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Result(Struct, frozen=True, kw_only=True, tag_field="command"):
    """What every result says of itself."""

    version: Literal[1] = 1
    """Of this format; it grows when a field changes its meaning."""
