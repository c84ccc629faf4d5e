"""What a promotion or a rollback has changed, and where that was brought."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fleetops.api.results.base import Result
from fleetops.api.results.findings import Acceptance, Finding  # noqa: TC001 - the types of fields, which msgspec reads


class Change(Struct, frozen=True, kw_only=True):
    """A container that comes to run another image."""

    service: str
    resource: str
    container: str
    before: str
    after: str


class EnvironmentPromotion(Struct, frozen=True, kw_only=True):
    """What a promotion changes in an environment."""

    environment: str
    before: str | None
    """The release that ran until now, None where it was none as a whole."""
    file: str
    """The file that holds the environment's images."""
    outcome: Literal["promoted", "planned", "unchanged"]
    """`planned` with --dry-run; `unchanged` where the environment runs the release already."""
    changes: tuple[Change, ...] = ()
    diff: str = ""
    """What changes in the file, as a unified diff."""


class PullRequest(Struct, frozen=True, kw_only=True):
    """The pull request of a promotion."""

    url: str
    number: int
    outcome: Literal["opened", "updated"]


class Delivery(Struct, frozen=True, kw_only=True):
    """The commit of a promotion, and where it went."""

    commit: str
    branch: str | None
    """The branch that it is on, None for a HEAD that is on none."""
    remote: str | None = None
    """Where it was pushed to."""
    pull_request: PullRequest | None = None


class Promotion(Result, frozen=True, kw_only=True, tag="promote"):
    """The result of a promotion that was not refused."""

    release: str
    rollback: bool = False
    """Whether the release is gone back to."""
    environments: tuple[EnvironmentPromotion, ...]
    findings: tuple[Finding, ...] = ()
    """Warnings; an error would have refused the promotion."""
    accepted: tuple[Acceptance, ...] = ()
    """The dangers that would have refused it."""
    deliveries: tuple[Delivery, ...] = ()
    """One with --commit, --branch and --push; with --pr one for each environment."""
