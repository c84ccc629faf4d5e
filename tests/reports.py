"""A report with something of everything in it."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from fleetops.api.results.comparison import Comparison, EnvironmentChange, FieldChange, ObjectChange
from fleetops.api.results.findings import Finding
from fleetops.api.results.report import Report
from fleetops.api.results.services import ServiceStatus
from fleetops.api.results.status import EnvironmentStatus, Lag, Status
from fleetops.api.results.validation import Validation

MADE = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SERVICES = ("queue", "position-simulator", "position-tracker", "webapp", "mongodb")
RUNS = {
    "local": ("release3", "release2", "release2", "release3", "release3", "3.6.5-jessie"),
    "stage": (None, "release2", "release2", "release2", "release3", "3.6.5-jessie"),
    "aws": ("release2", "release2", "release2", "release2", "release2", "3.6.5-jessie"),
    "aws-spare": ("release2", "release2", "release2", "release2", "release2", "3.6.5-jessie"),
}
ABSENT = Finding(
    check="claim-absent",
    severity="error",
    environment="stage",
    message="there is no PersistentVolumeClaim mongo-pcv in its namespace",
    resource="Deployment/fleetman/mongodb",
    path="spec.template.spec.volumes.0.persistentVolumeClaim.claimName",
    file="base/mongodb/deployment.yaml",
    line=77,
)
FLOATS = Finding(
    check="floating-tag",
    severity="warning",
    environment="local",
    message="the tag latest says nothing of what will run",
    resource="Deployment/fleetman/webapp",
    path="spec.template.spec.containers.0.image",
    file="overlays/local/kustomization.yaml",
    line=18,
)
FIELDS = (
    FieldChange(
        path="spec.template.spec.containers[mongodb].image",
        outcome="changed",
        before="mongo:3.6.5-jessie",
        after="mongo:3.6.23",
        file="overlays/aws/kustomization.yaml",
        line=17,
    ),
    FieldChange(
        path="spec.replicas", outcome="added", after=2, file="base/mongodb/deployment.yaml", line=9
    ),
    FieldChange(
        path="data.mongod.conf",
        outcome="changed",
        before="storage:\n  journal: false\nport: 27017\n",
        after="storage:\n  journal: true\nport: 27017\n",
        file="base/mongodb/mongod.conf",
        line=None,
    ),
)
OBJECTS = (
    ObjectChange(
        resource="Deployment/fleetman/mongodb",
        outcome="changed",
        fields=FIELDS,
        file="base/mongodb/deployment.yaml",
        line=1,
    ),
    ObjectChange(
        resource="Service/fleetman/old-queue",
        outcome="removed",
        file="base/queue/service.yaml",
        line=1,
    ),
    ObjectChange(
        resource="ConfigMap/fleetman/settings",
        outcome="added",
        file="base/settings.yaml",
        line=1,
    ),
)


def runs(environment: str, release: str | None, *versions: str) -> EnvironmentStatus:
    """Say what an environment runs."""
    services = tuple(
        ServiceStatus(service=service, image=f"example.test/{service}", versions=(f":{version}",))
        for service, version in zip(SERVICES, versions, strict=True)
    )
    return EnvironmentStatus(environment=environment, release=release, services=services)


def report() -> Report:
    """Give a report of four environments, with findings and changes."""
    local, stage, aws, spare = (runs(name, *versions) for name, versions in RUNS.items())
    stage = replace(
        stage, off=("position-tracker:release2 is in release2", "no release runs as a whole")
    )
    lag = Lag(environment="local", releases=1, at_least=False, since=MADE)
    names = tuple(RUNS)
    changed = EnvironmentChange(environment="aws", outcome="changed", objects=OBJECTS)
    broken = EnvironmentChange(
        environment="stage", outcome="broken", problem="overlays/stage: patch.yaml is not there"
    )
    return Report(
        repository="fleet",
        commit="38c67a86aa71d1f6f4a3c0b5d8e90a1b2c3d4e5f",
        made=MADE,
        status=Status(environments=(local, stage, replace(aws, lag=lag), spare)),
        validation=Validation(
            ok=False,
            environments=names,
            manifests=76,
            findings=(FLOATS, ABSENT, replace(ABSENT, environment="aws")),
        ),
        comparison=Comparison(
            ok=False,
            start="5d3c9e21b7aa",
            end="the work tree",
            environments=(
                EnvironmentChange(environment="local", outcome="unchanged"),
                broken,
                changed,
                EnvironmentChange(environment="aws-spare", outcome="unchanged"),
            ),
        ),
    )


def hostile(word: str) -> Report:
    """Give a report in which a word stands wherever a repository's authors can put one."""
    service = ServiceStatus(service=word, image=word, versions=(word, word))
    texts = dict.fromkeys(("check", "environment", "message", "resource", "path", "file"), word)
    # A value comes from JSON, and is Unicode for certain.
    value = word.encode(errors="replace").decode()
    field = FieldChange(path=word, outcome="changed", before=value, after="a", file=word, line=1)
    one = ObjectChange(resource=word, outcome="changed", fields=(field,), file=word, line=1)
    return Report(
        repository=word,
        commit=word,
        made=MADE,
        status=Status(
            environments=(
                EnvironmentStatus(
                    environment=word,
                    release=word,
                    services=(service,),
                    off=(word,),
                    lag=Lag(environment=word, releases=1, at_least=True, since=None),
                ),
            )
        ),
        validation=Validation(
            ok=False,
            environments=(word,),
            manifests=1,
            findings=(replace(ABSENT, **texts),),
        ),
        comparison=Comparison(
            ok=True,
            start=word,
            end=word,
            environments=(
                EnvironmentChange(environment=word, outcome="changed", objects=(one,)),
                EnvironmentChange(environment=word, outcome="broken", problem=word),
            ),
        ),
    )
