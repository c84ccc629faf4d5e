"""Every danger rule there is, topic by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.danger import (
    controllers,
    data,
    databases,
    exposure,
    isolation,
    outage,
    refused,
    syncing,
)

if TYPE_CHECKING:
    from fleetops.danger.interface import Rule

CONTROLLER_RULES: tuple[Rule, ...] = (*syncing.RULES, controllers.SUSPENDED)
"""Those on the objects that have a controller sync something."""
RULES: tuple[Rule, ...] = (
    *data.RULES,
    *databases.RULES,
    *refused.RULES,
    *outage.RULES,
    *exposure.RULES,
    *isolation.RULES,
    *controllers.RULES,
    *syncing.RULES,
)
IDS = {rule.id: rule for rule in RULES}

__all__ = ["CONTROLLER_RULES", "IDS", "RULES"]
