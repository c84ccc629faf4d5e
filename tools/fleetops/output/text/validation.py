"""What a validation says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.findings import accepted, listed
from fleetops.output.groups import grouped, unreached
from fleetops.words import count, named

if TYPE_CHECKING:
    from fleetops.api.results.validation import Validation


def lines(result: Validation) -> list[str]:
    """Write it as lines."""
    groups = grouped(result.findings)
    errors = sum(one.finding.severity == "error" for one in groups)
    said = f"{count(errors, 'error')}, {count(len(groups) - errors, 'warning')}"
    said = said if groups else "ok"
    where = named(result.environments) or "no environment"
    left = unreached(result.unreached)
    if result.unreached and not result.environments:
        # Those that were asked for: there may be others, which it does reach.
        several = len(result.unreached) > 1
        where = f"the change {'reaches none of' if several else 'does not reach'} "
        where, left = where + named(result.unreached), ""
    if result.shard:
        where = f"shard {result.shard.number} of {result.shard.of}: {where}"
    manifests = f"{count(result.manifests, 'manifest')}, " if result.environments else ""
    summary = f"{where}: {manifests}{said}{f'; {left}' if left else ''}"
    meant = [line for one in result.accepted for line in accepted(one)]
    return [*listed(result.findings), *meant, summary]
