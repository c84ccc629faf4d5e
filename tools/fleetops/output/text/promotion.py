"""What a promotion or a rollback has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.manifests import split_image
from fleetops.output.findings import accepted, listed
from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.promotion import Delivery, EnvironmentPromotion, Promotion


def lines(result: Promotion) -> list[str]:
    """Write it as lines."""
    lines = [line for one in result.environments for line in _promoted(one, result.release)]
    changed = [one for one in result.environments if one.outcome != "unchanged"]
    if not changed:
        return lines
    lines += [
        "proven: the render changes in these images and nowhere else",
        *listed(result.findings),
        *(line for one in result.accepted for line in accepted(one)),
    ]
    files = ", ".join(dict.fromkeys(one.file for one in changed))
    if changed[0].outcome == "planned":
        diffs = [line for one in changed for line in one.diff.splitlines()]
        return [*lines, *diffs, f"dry run: {files} would be written"]
    if not result.deliveries:
        return [*lines, f"wrote {files}; commit it, and the controller syncs it"]
    return [*lines, *map(_delivered, result.deliveries)]


def _promoted(promotion: EnvironmentPromotion, release: str) -> list[str]:
    if promotion.outcome == "unchanged":
        return [f"{promotion.environment} runs {release} already; nothing changes"]
    before = promotion.before or "no release as a whole"
    rows = [
        (f"  {change.service}", *_versions(change.before, change.after), change.resource)
        for change in promotion.changes
    ]
    verb = {"planned": "would go", "promoted": "goes"}[promotion.outcome]
    return [f"{promotion.environment} {verb} from {before} to {release}", *table(rows)]


def _delivered(delivery: Delivery) -> str:
    where = delivery.branch or "a HEAD that is on no branch"
    request = delivery.pull_request
    if request:
        return f"{request.outcome} pull request {request.number}: {request.url}"
    if delivery.remote:
        return f"pushed commit {delivery.commit[:12]} to {where} of {delivery.remote}"
    return f"commit {delivery.commit[:12]} on {where}"


def _versions(before: str, after: str) -> tuple[str, str, str]:
    """Say what a container comes to run: versions only, where the image is the same."""
    old, new = split_image(before), split_image(after)
    if old.name != new.name:
        return before, "->", after
    return old.version.removeprefix(":"), "->", new.version.removeprefix(":")
