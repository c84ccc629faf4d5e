"""What a repository that nobody has described consists of: its overlays, and what syncs them."""

from fleetops.discovery.naming import named
from fleetops.discovery.overlays import overlays
from fleetops.discovery.substitutes import substitutes

__all__ = ["named", "overlays", "substitutes"]
