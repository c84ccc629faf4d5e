"""Forges: where a branch becomes a pull request."""

from fleetops.forge.find import KINDS, Kind, find_forge
from fleetops.forge.interface import Draft, Forge, Opened

__all__ = ["KINDS", "Draft", "Forge", "Kind", "Opened", "find_forge"]
