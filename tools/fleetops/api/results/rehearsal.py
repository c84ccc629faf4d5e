"""What became of a promotion on a real Kubernetes."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fleetops.api.results.base import Result
from fleetops.api.results.findings import Finding  # noqa: TC001 - the types of fields, which msgspec reads


class ObjectOutcome(Struct, frozen=True, kw_only=True):
    """What became of an object in a rehearsal."""

    resource: str
    outcome: Literal["created", "changed", "unchanged", "refused", "replaced", "pruned", "kept"]
    message: str = ""
    """The API server's words where it refuses; the controllers whose guards kept it."""


class ReplacedPods(Struct, frozen=True, kw_only=True):
    """A workload of which pods were replaced."""

    resource: str
    pods: int


class ServiceOutage(Struct, frozen=True, kw_only=True):
    """The time that a Service was without a ready pod, of those that had one before."""

    service: str
    seconds: float


class ClaimOutcome(Struct, frozen=True, kw_only=True):
    """What became of a claim that was there before, or is new."""

    claim: str
    phase: str
    volume: str
    outcome: Literal["same", "new", "lost", "replaced", "unbound"]
    """`same` has its UID, volume and phase of before."""


class Rehearsal(Result, frozen=True, kw_only=True, tag="rehearse"):
    """The result of a rehearsal."""

    ok: bool
    """False where a finding is an error."""
    release: str
    environment: str
    start: str
    """What it began with: `the work tree`, or a commit."""
    before: str | None
    """The release that ran at the beginning, None where it was none as a whole."""
    kubernetes: str
    """The version of the API server."""
    objects: tuple[ObjectOutcome, ...]
    """By the order of application, then what left the render."""
    pods: tuple[ReplacedPods, ...]
    services: tuple[ServiceOutage, ...]
    claims: tuple[ClaimOutcome, ...]
    stood_in: tuple[str, ...]
    """The CSI drivers whose volumes were made without them."""
    findings: tuple[Finding, ...]
    kubeconfig: str | None = None
    """That of the cluster, where it is kept."""
    seconds: float
    """From the first object applied to the last one arrived, without the cluster's own start."""
