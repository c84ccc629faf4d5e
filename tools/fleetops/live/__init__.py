"""What a cluster runs of an environment, and what its GitOps controller says of that."""

from fleetops.live.drift import Drift, drifts
from fleetops.live.look import Controllers, again, controllers, placed, present
from fleetops.live.sync import Sync, same_repository

__all__ = [
    "Controllers",
    "Drift",
    "Sync",
    "again",
    "controllers",
    "drifts",
    "placed",
    "present",
    "same_repository",
]
