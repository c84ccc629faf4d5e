"""Git: what the history of a repository holds, and a promotion as one commit of it.

Here is what every command takes that looks at a commit; the rest is in the modules.
"""

from fleetops.git.program import Git, open_git
from fleetops.git.tree import export, texts_at

__all__ = ["Git", "export", "open_git", "texts_at"]
