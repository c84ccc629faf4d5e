"""The definitions of custom resources that a cluster has, for a file of the repository."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from fleetops.cluster.given import Given, kubectl_for, reached, read_context
from fleetops.definitions import essence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleetops.api.view import Target

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def cluster_definitions(directory: Path, target: Target, narrate: Callable[[str], None]) -> str:
    """Read a cluster's CustomResourceDefinitions, and give them as a JSON list, one a line.

    They have what schemas are made of and nothing else. Nothing is written to the cluster. Raises
    UsageError for a context that there is none of, ProgramError where the cluster does not answer.
    """
    repository = directory.absolute()
    kubectl = kubectl_for(repository, narrate)
    given = Given(kubectl, repository, target.kubeconfig, target.context)
    read_context(given)
    with reached(given) as access, contextlib.closing(access.client()) as client:
        found: list[dict[str, Any]] = client.items(_DEFINITIONS)
    lines = sorted(msgspec.json.encode(essence(one), order="sorted").decode() for one in found)
    listed = ",\n".join(lines)
    return f'{{"apiVersion":"v1","kind":"List","items":[\n{listed}\n]}}'
