"""What the tests of the controllers can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.argocd import ArgoCD
from gitops.flux import Flux
from gitops.synced import synced_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.synced import Synced


@pytest.fixture(scope="module", params=[ArgoCD, Flux], ids=lambda one: one.name)
def controlled(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    programs: None,  # noqa: ARG001
) -> Iterator[Synced]:
    """Give the fleet and a controller, once for all tests of a module."""
    with synced_by(request.param, tmp_path_factory.mktemp("gitops")) as synced:
        yield synced


@pytest.fixture
def synced(controlled: Synced) -> Synced:
    """Give the fleet with the environment local as it stands in this repository, and synced."""
    controlled.restore("local")
    return controlled
