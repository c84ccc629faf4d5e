"""Git: what the history of a repository holds, read without running anything of it."""

from fleetops.git.program import Git, open_git
from fleetops.git.tree import export

__all__ = ["Git", "export", "open_git"]
