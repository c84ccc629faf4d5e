"""The danger rules, over an old and a new render. To add one: see CONTRIBUTING.md."""

from fleetops.danger.interface import Change, Danger, Rule, Weight
from fleetops.danger.registry import IDS, RULES

__all__ = ["IDS", "RULES", "Change", "Danger", "Rule", "Weight"]
