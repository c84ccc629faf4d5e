"""What a repository that nobody has described consists of: its overlays, and what syncs them."""

from fleetops.discovery.naming import named
from fleetops.discovery.overlays import overlays

__all__ = ["named", "overlays"]
