"""Git: what the history of a repository holds, and a promotion as one commit of it."""

from fleetops.git.history import Distance, History, Relation, open_history
from fleetops.git.log import Blob, Signature, Step, is_cut_off, renamed_from, signatures, steps
from fleetops.git.program import Git, open_git
from fleetops.git.pulls import pull_request
from fleetops.git.replica import Replica
from fleetops.git.tree import export, texts_at

__all__ = [
    "Blob",
    "Distance",
    "Git",
    "History",
    "Relation",
    "Replica",
    "Signature",
    "Step",
    "export",
    "is_cut_off",
    "open_git",
    "open_history",
    "pull_request",
    "renamed_from",
    "signatures",
    "steps",
    "texts_at",
]
