"""External programs: found on PATH or built once from a pin, and run within bounds."""

from fleetops.programs.build import ensure, present
from fleetops.programs.commands import (
    Command,
    Completed,
    brief_environment,
    clean_environment,
    user_environment,
)
from fleetops.programs.find import find
from fleetops.programs.inventory import Found, Origin, inventory
from fleetops.programs.pins import (
    ANY_KUBECTL,
    CLUSTER_PROGRAMS,
    HELM,
    KUBECONFORM,
    KUBECTL,
    KUSTOMIZE,
    PROGRAMS,
    Program,
)
from fleetops.programs.run import Batch, run, run_all

__all__ = [
    "ANY_KUBECTL",
    "CLUSTER_PROGRAMS",
    "HELM",
    "KUBECONFORM",
    "KUBECTL",
    "KUSTOMIZE",
    "PROGRAMS",
    "Batch",
    "Command",
    "Completed",
    "Found",
    "Origin",
    "Program",
    "brief_environment",
    "clean_environment",
    "ensure",
    "find",
    "inventory",
    "present",
    "run",
    "run_all",
    "user_environment",
]
