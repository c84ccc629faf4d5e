"""Git: what the history of a repository holds, read without running anything of it."""

from fleetops.git.history import Distance, History, Relation, open_history
from fleetops.git.program import Git, open_git
from fleetops.git.tree import export

__all__ = ["Distance", "Git", "History", "Relation", "export", "open_git", "open_history"]
