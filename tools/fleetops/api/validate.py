"""Validate what a controller would apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.examine import Exhibit, examine
from fleetops.api.fleet import bench
from fleetops.api.results import Finding, Validation
from fleetops.checks import UNRENDERABLE
from fleetops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleetops.api.fleet import Fleet
    from fleetops.catalogue import Environment


def validate(fleet: Fleet, names: Sequence[str], narrate: Callable[[str], None]) -> Validation:
    """Render and check the environments of these names, or all where none is given.

    Raises UsageError for an unknown name and ProgramError where kustomize or kubeconform cannot be
    had.
    """
    environments = tuple(fleet.config.environment(name) for name in dict.fromkeys(names))
    environments = environments or fleet.config.environments
    findings: list[Finding] = []
    exhibits = []
    with bench(fleet, narrate) as place:
        for environment, outcome in zip(environments, place.survey(environments), strict=True):
            if isinstance(outcome, InputError):
                findings.append(_unrenderable(environment, outcome))
            else:
                exhibits.append(Exhibit(environment, fleet.repository, outcome))
        if exhibits:
            findings += examine(place, exhibits)
    return Validation(
        ok=not any(finding.severity == "error" for finding in findings),
        environments=tuple(environment.name for environment in environments),
        manifests=sum(len(exhibit.render.manifests) for exhibit in exhibits),
        findings=tuple(findings),
    )


def _unrenderable(environment: Environment, error: InputError) -> Finding:
    return Finding(
        check=UNRENDERABLE.id,
        severity=UNRENDERABLE.severity.value,
        environment=environment.name,
        message=f"{error.message}; {error.hint}" if error.hint else error.message,
        file=error.place.path if error.place else None,
        line=error.place.line if error.place else None,
    )
