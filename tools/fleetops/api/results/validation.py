"""What a validation says, as a whole or in shards."""

from __future__ import annotations

from msgspec import Struct

from fleetops.api.results.base import Result
from fleetops.api.results.findings import Acceptance, Danger, Finding  # noqa: TC001 - the types of fields, which msgspec reads


class ShardedState(Struct, frozen=True, kw_only=True):
    """What the shards of a validation have in common: those of another are not merged with them."""

    fleetops: str
    """The version that it is by."""
    commit: str | None
    """What is checked out, None where there is no Git or no commit."""
    start: str | None
    """The commit of --from."""
    accepted: dict[str, str]
    """The rules of --accept, and why, in their order."""
    environments: tuple[str, ...]
    """Those of all shards, in their order."""
    content: str
    """The digest of what else is asked for, and of every file that decides about an environment."""


class Shard(Struct, frozen=True, kw_only=True):
    """A part of a validation. What is said of no single environment is in the first."""

    number: int
    """From 1 on."""
    of: int
    """How many there are."""
    state: ShardedState
    unused: dict[int, Finding]
    """By its position in fleetops.yaml, what is said of an exception unless another shard needs it:
    no finding yet."""
    synced: tuple[Danger, ...]
    """What is said of the objects that sync environments, unless it is said of an environment that
    another shard has: none of `findings` yet. All of it is in the first."""


class Validation(Result, frozen=True, kw_only=True, tag="validate"):
    """The result of a validation."""

    ok: bool
    """False where a finding is an error."""
    environments: tuple[str, ...]
    """Those that were looked at."""
    unreached: tuple[str, ...] = ()
    """With --from: those that the change does not reach, and that were not looked at."""
    manifests: int
    """How many were looked at, over all environments."""
    findings: tuple[Finding, ...]
    accepted: tuple[Acceptance, ...] = ()
    """What would have been a finding too."""
    shard: Shard | None = None
    """With --shard."""
