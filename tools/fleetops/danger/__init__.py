"""The danger rules, over an old and a new render. To add one: see CONTRIBUTING.md."""

from fleetops.danger.interface import Change, Danger, Rule, Weight
from fleetops.danger.registry import CONTROLLER_RULES, IDS, RULES

__all__ = ["CONTROLLER_RULES", "IDS", "RULES", "Change", "Danger", "Rule", "Weight"]
