"""External programs: found on PATH or built once from a pin, and run within bounds."""

from fleetops.programs.build import ensure
from fleetops.programs.commands import Command, Completed, clean_environment
from fleetops.programs.inventory import Found, Origin, inventory
from fleetops.programs.pins import KUBECONFORM, KUSTOMIZE, PROGRAMS, Program
from fleetops.programs.run import run, run_all

__all__ = [
    "KUBECONFORM",
    "KUSTOMIZE",
    "PROGRAMS",
    "Command",
    "Completed",
    "Found",
    "Origin",
    "Program",
    "clean_environment",
    "ensure",
    "inventory",
    "run",
    "run_all",
]
