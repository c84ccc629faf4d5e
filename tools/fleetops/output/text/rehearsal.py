"""What became of a promotion on a real Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.findings import listed
from fleetops.output.text.tables import table
from fleetops.words import count

if TYPE_CHECKING:
    from fleetops.api.results.rehearsal import Rehearsal


def lines(result: Rehearsal) -> list[str]:
    """Write it as lines."""
    before = result.before or "no release as a whole"
    same = [one for one in result.objects if one.outcome == "unchanged"]
    rows = [
        (f"  {one.outcome}", one.resource, f"({one.message})" if one.outcome == "kept" else "")
        for one in result.objects
        if one.outcome != "unchanged"
    ]
    pods = [f"{one.resource} {one.pods}" for one in result.pods]
    out = [f"{one.service} {one.seconds:.1f} s" for one in result.services if one.seconds]
    claims = [
        f"{one.claim} {one.outcome}, {one.phase or 'gone'} {one.volume}".rstrip()
        for one in result.claims
    ]
    lines = [
        (
            f"{result.environment} from {before} to {result.release}, on Kubernetes"
            f" {result.kubernetes.removeprefix('v')}, begun with {result.start}"
        ),
        *(table(rows) if rows else []),
        f"  unchanged: {count(len(same), 'object')}",
        f"pods replaced: {', '.join(pods) or 'none'}",
        f"Services without a ready pod meanwhile: {', '.join(out) or 'none'}",
        f"claims: {', '.join(claims) or 'none'}",
    ]
    if result.stood_in:
        lines.append(f"volumes were made without their drivers: {', '.join(result.stood_in)}")
    if result.kubeconfig:
        lines.append(f"the cluster is kept: {result.kubeconfig}")
    errors = sum(one.severity == "error" for one in result.findings)
    return [
        *lines,
        *listed(result.findings),
        "no container ran: that the images exist and work, and how long they take, is not tested",
        f"refused: {count(errors, 'error')}" if errors else f"rehearsed in {result.seconds:.1f} s",
    ]
