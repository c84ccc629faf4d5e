"""What a cluster runs of an environment, and what its GitOps controller says of that."""

from fleetops.live.drift import Drift, drifts
from fleetops.live.look import Controllers, again, controllers, goes_when_done, placed, present
from fleetops.live.sync import Sync, same_repository

__all__ = [
    "Controllers",
    "Drift",
    "Sync",
    "again",
    "controllers",
    "drifts",
    "goes_when_done",
    "placed",
    "present",
    "same_repository",
]
