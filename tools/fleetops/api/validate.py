"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.fleet import bench
from fleetops.api.results import Validation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleetops.api.fleet import Fleet


def validate(fleet: Fleet, names: Sequence[str], narrate: Callable[[str], None]) -> Validation:
    """Render and check the environments of these names, or all where none is given.

    Raises UsageError for an unknown name, InputError for an overlay that cannot be rendered and
    ProgramError where kustomize or kubeconform cannot be had.
    """
    config = fleet.config
    environments = tuple(config.environment(name) for name in names) or config.environments
    with bench(fleet, narrate) as place:
        closures = [(fleet.repository, fleet.closure(one)) for one in environments]
        with place.kustomize.start(closures) as rendering:
            # The checks are imported while kustomize works.
            from fleetops.api.examine import Exhibit, examine

            renders = rendering.renders()
        exhibits = [
            Exhibit(environment, fleet.repository, render)
            for environment, render in zip(environments, renders, strict=True)
        ]
        findings = examine(place, exhibits)
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(environment.name for environment in environments),
        manifests=sum(len(render.manifests) for render in renders),
        findings=findings,
    )
