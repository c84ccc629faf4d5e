"""Every check there is, topic by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.checks import (
    configuration,
    guards,
    identity,
    images,
    outside,
    policies,
    secrets,
    services,
    unmatched,
    variables,
    volumes,
    workloads,
)
from fleetops.checks.outside import (
    API_SERVER,
    API_SERVER_WARNING,
    CLAIM_LOST,
    DANGER_UNKNOWN,
    ENVIRONMENT_FROZEN,
    FILE_WITHOUT_OWNER,
    GATES,
    HALF_GUARDED,
    ON_CLUSTER,
    RELEASE_TOO_YOUNG,
    ROLLOUT,
    SAFEGUARD_CHANGED,
    SAFEGUARD_LOOSENED,
    SAFEGUARDS,
    SCHEMA,
    SERVICE_WITHOUT_ENDPOINTS,
    UNKNOWN_KIND,
    UNRENDERABLE,
    UNUSED_EXCEPTION,
)

if TYPE_CHECKING:
    from fleetops.checks.interface import Check

CHECKS: tuple[Check, ...] = (
    *outside.CHECKS,
    *identity.CHECKS,
    *images.CHECKS,
    *unmatched.CHECKS,
    *variables.CHECKS,
    *guards.CHECKS,
    *secrets.CHECKS,
    *services.CHECKS,
    *volumes.CHECKS,
    *configuration.CHECKS,
    *policies.CHECKS,
    *workloads.CHECKS,
)
IDS = {check.id: check for check in CHECKS}

__all__ = [
    "API_SERVER",
    "API_SERVER_WARNING",
    "CHECKS",
    "CLAIM_LOST",
    "DANGER_UNKNOWN",
    "ENVIRONMENT_FROZEN",
    "FILE_WITHOUT_OWNER",
    "GATES",
    "HALF_GUARDED",
    "IDS",
    "ON_CLUSTER",
    "RELEASE_TOO_YOUNG",
    "ROLLOUT",
    "SAFEGUARDS",
    "SAFEGUARD_CHANGED",
    "SAFEGUARD_LOOSENED",
    "SCHEMA",
    "SERVICE_WITHOUT_ENDPOINTS",
    "UNKNOWN_KIND",
    "UNRENDERABLE",
    "UNUSED_EXCEPTION",
]
