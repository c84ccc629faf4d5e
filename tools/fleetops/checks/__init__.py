"""The checks over a whole render. To add one: write its function in the module of its topic."""

from fleetops.checks.interface import Check, Problem, Scene
from fleetops.checks.pods import Workload
from fleetops.checks.registry import (
    API_SERVER,
    API_SERVER_WARNING,
    CHECKS,
    CLAIM_LOST,
    ENVIRONMENT_FROZEN,
    FILE_WITHOUT_OWNER,
    GATES,
    HALF_GUARDED,
    IDS,
    ON_CLUSTER,
    RELEASE_TOO_YOUNG,
    ROLLOUT,
    SCHEMA,
    SERVICE_WITHOUT_ENDPOINTS,
    UNKNOWN_KIND,
    UNRENDERABLE,
    UNUSED_EXCEPTION,
)

__all__ = [
    "API_SERVER",
    "API_SERVER_WARNING",
    "CHECKS",
    "CLAIM_LOST",
    "ENVIRONMENT_FROZEN",
    "FILE_WITHOUT_OWNER",
    "GATES",
    "HALF_GUARDED",
    "IDS",
    "ON_CLUSTER",
    "RELEASE_TOO_YOUNG",
    "ROLLOUT",
    "SCHEMA",
    "SERVICE_WITHOUT_ENDPOINTS",
    "UNKNOWN_KIND",
    "UNRENDERABLE",
    "UNUSED_EXCEPTION",
    "Check",
    "Problem",
    "Scene",
    "Workload",
]
