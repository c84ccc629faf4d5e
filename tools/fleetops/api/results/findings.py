"""What is wrong, what is in danger, and what of that is accepted."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True, kw_only=True):
    """Something that a check says of an environment."""

    check: str
    """The ID that `fleetops explain` takes."""
    severity: Literal["error", "warning"]
    environment: str
    message: str
    resource: str | None = None
    """As in `Deployment/fleetman/queue`: kind, namespace if it has one, name."""
    path: str = ""
    """Where in the rendered object, as in `spec.replicas`."""
    file: str | None = None
    """Where in the repository, as far as it can be traced."""
    line: int | None = None


class Danger(Struct, frozen=True, kw_only=True):
    """Something that a rule foretells of a change, or a gate asks for."""

    rule: str
    """The ID that `fleetops explain` takes."""
    severity: Literal["refuse", "warn"]
    environment: str
    message: str
    resource: str | None = None
    """None for a gate's."""
    path: str = ""
    """Where in the rendered object."""
    file: str
    """The file that says so; of what is removed, the one that said it."""
    line: int | None = None


class Acceptance(Struct, frozen=True, kw_only=True):
    """A danger rule or gate that is accepted for a change, and why."""

    rule: str
    because: str
    dangers: tuple[Danger, ...]
    """What it would have refused."""
