"""A rehearsal: a render brought into a cluster for real, and what is seen of it."""

from fleetops.rehearsal.endpoints import Endpoints
from fleetops.rehearsal.settle import Settled, Waiting, settle
from fleetops.rehearsal.stand import ClaimState, Stand, claims, pods
from fleetops.rehearsal.sync import Outcome, Verb, prepare, prune, put
from fleetops.rehearsal.traces import alone, clear, note
from fleetops.rehearsal.trial import Unit, Verdict, footprint, try_units, unit

__all__ = [
    "ClaimState",
    "Endpoints",
    "Outcome",
    "Settled",
    "Stand",
    "Unit",
    "Verb",
    "Verdict",
    "Waiting",
    "alone",
    "claims",
    "clear",
    "footprint",
    "note",
    "pods",
    "prepare",
    "prune",
    "put",
    "settle",
    "try_units",
    "unit",
]
