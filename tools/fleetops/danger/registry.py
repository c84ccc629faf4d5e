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
)

if TYPE_CHECKING:
    from fleetops.danger.interface import Rule

RULES: tuple[Rule, ...] = (
    *data.RULES,
    *databases.RULES,
    *refused.RULES,
    *outage.RULES,
    *exposure.RULES,
    *isolation.RULES,
    *controllers.RULES,
)
IDS = {rule.id: rule for rule in RULES}

__all__ = ["IDS", "RULES"]
