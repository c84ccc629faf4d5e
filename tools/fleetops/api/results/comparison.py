"""What differs between two states of the repository."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from fleetops.api.results.base import Result
from fleetops.api.results.findings import Danger  # noqa: TC001 - the types of fields, which msgspec reads


class FieldChange(Struct, frozen=True, kw_only=True):
    """A field, or an item of a list, that is not the same in two renders."""

    path: str
    """As in `spec.template.spec.containers[web].image`."""
    outcome: Literal["added", "removed", "changed", "moved"]
    """`moved` where a list has the same items in another order."""
    before: Any = None
    after: Any = None
    hidden: bool = False
    """True where a secret is not shown; `…` stands for it."""
    reason: Literal["default", "notation", "order"] | None = None
    """Why it changes nothing, of what is shown with --all only: the API server fills in the same
    where nothing is written, it is the same quantity or duration, or the order means nothing."""
    file: str
    """The file that says so; of what is removed, the one that said it."""
    line: int | None


class ObjectChange(Struct, frozen=True, kw_only=True):
    """An object that is not the same in two renders."""

    resource: str
    outcome: Literal["added", "removed", "changed"]
    formerly: str | None = None
    """Its name before, where that is generated and has another hash now."""
    fields: tuple[FieldChange, ...] = ()
    """Of a changed one."""
    file: str
    line: int | None


class EnvironmentChange(Struct, frozen=True, kw_only=True):
    """What is not the same in an environment."""

    environment: str
    outcome: Literal["unchanged", "changed", "added", "removed", "broken"]
    """`broken` where one of the two states cannot be rendered."""
    objects: tuple[ObjectChange, ...] = ()
    left_out: dict[str, int] = {}
    """How many differences change nothing, by the reason."""
    dangers: tuple[Danger, ...] = ()
    problem: str | None = None
    """Why it cannot be rendered."""


class Comparison(Result, frozen=True, kw_only=True, tag="diff"):
    """Two states of the repository, as a controller would apply them."""

    ok: bool
    """False where an environment is broken."""
    start: str
    """A commit, or `the work tree`."""
    end: str
    environments: tuple[EnvironmentChange, ...]
