"""A mistake anywhere in the fleet is found, at the file and line where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from fleetcopy import programs_on_path

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

QUEUE = "base/queue/deployment.yaml"
TRACKER = "base/position-tracker/deployment.yaml"
MONGODB = "base/mongodb/deployment.yaml"
CLAIM = "base/mongodb/persistentvolumeclaim.yaml"
LOCAL = "overlays/local/kustomization.yaml"
AWS = "overlays/aws/kustomization.yaml"
VOLUME = "overlays/local/persistentvolume.yaml"
PATCH = "overlays/local/patches/mongodb.yaml"


class Mistake(NamedTuple):
    """One text of a file replaced by another, and what has to be said of it."""

    file: str
    old: str
    new: str
    check: str
    line: str
    """A text on the line that is named; in `file`, or behind a `FILE: ` that says in which."""
    environments: str = "local aws"


MISTAKES = {
    "selector": Mistake(
        "base/queue/service.yaml",
        *("name: queue\n  ports", "name: quue\n  ports"),
        *("service-selects-nothing", "  selector:"),
    ),
    "port name": Mistake(
        "base/position-tracker/service.yaml",
        *("targetPort: http", "targetPort: htpp", "target-port-absent", "htpp"),
    ),
    "probe's port": Mistake(
        TRACKER,
        *("port: http\n            periodSeconds: 10", "port: web\n            periodSeconds: 10"),
        *("probe-port-absent", "port: web"),
    ),
    "unknown field": Mistake(QUEUE, "replicas: 1", "replicsa: 1", "schema", "replicsa"),
    "wrong type": Mistake(QUEUE, "replicas: 1", 'replicas: "1"', "schema", 'replicas: "1"'),
    "bad word": Mistake(QUEUE, "type: Recreate", "type: Recrate", "schema", "type: Recrate"),
    "bad quantity": Mistake(MONGODB, "memory: 768Mi", "memory: 768mi", "schema", "768mi"),
    "absent ConfigMap": Mistake(
        TRACKER,
        *(
            "env:\n",
            "envFrom:\n            - configMapRef:\n                name: conf\n          env:\n",
        ),
        *("config-map-absent", "name: conf"),
    ),
    "absent claim": Mistake(
        MONGODB, "claimName: mongo-pvc", "claimName: mongodb", "claim-absent", "claimName"
    ),
    "absent ServiceAccount": Mistake(
        QUEUE,
        "serviceAccountName: queue",
        "serviceAccountName: que",
        "service-account-absent",
        "serviceAccountName: que",
    ),
    "claim larger than the volume": Mistake(
        VOLUME,
        "storage: 20Gi",
        "storage: 10Gi",
        "claim-unbound",
        f"{CLAIM}: storage: 20Gi",
        "local",
    ),
    "another class": Mistake(
        VOLUME,
        *("storageClassName: fleetman-mongodb", "storageClassName: fleetman"),
        *("claim-unbound", f"{CLAIM}: storageClassName", "local"),
    ),
    "rolling update": Mistake(
        MONGODB, "type: Recreate", "type: RollingUpdate", "rwo-rolling-update", "RollingUpdate"
    ),
    "lost guard": Mistake(
        CLAIM,
        *("    kustomize.toolkit.fluxcd.io/prune: disabled\n", ""),
        *("prune-guard", "annotations:"),
    ),
    "secret": Mistake(
        TRACKER,
        *("value: tcp://fleetman-queue:61616", "value: tcp://admin:Zz9.x@fleetman-queue:61616"),
        *("plain-text-secret", "admin"),
    ),
    "plain number that is no string": Mistake(
        TRACKER, "value: production-microservice", "value: 1e3", "schema", "value: 1e3"
    ),
    "unknown kind": Mistake(
        "overlays/aws/storageclass.yaml",
        *("kind: StorageClass", "kind: StorageClasses", "unknown-kind", "apiVersion: ", "aws"),
    ),
    "floating tag": Mistake(
        PATCH, "image: mongo", "image: busybox:latest", "floating-tag", "busybox:latest", "local"
    ),
    "field in a patch": Mistake(
        PATCH, "runAsUser: 0", "runAsUsr: 0", "schema", "runAsUsr", "local"
    ),
    "value in a patch": Mistake(PATCH, "memory: 64Mi", "memory: 64mi", "schema", "64mi", "local"),
    "value in a JSON patch": Mistake(
        "overlays/local/patches/queue-networkpolicy.yaml",
        *("port: 8161", "port: [8161]", "schema", "port: [8161]", "local"),
    ),
    "path of a JSON patch": Mistake(
        "overlays/local/patches/queue-networkpolicy.yaml",
        *("path: /spec/ingress/-", "path: /spec/ingres", "schema", "value:", "local"),
    ),
    "name in a JSON patch": Mistake(
        "overlays/local/patches/queue-networkpolicy.yaml",
        *("port: 8161", "port: consol", "network-policy-port-absent", "consol", "local"),
    ),
    "target of a patch": Mistake(
        LOCAL,
        *("      name: queue\n", "      name: qeue\n"),
        *("unmatched-patch", "- path: patches/queue-networkpolicy.yaml", "local"),
    ),
    "name of an image": Mistake(
        AWS,
        *("  - name: mongo\n", "  - name: mongdb\n    newTag: '4'\n  - name: mongo\n"),
        *("unmatched-image", "mongdb", "aws"),
    ),
    "unknown tag": Mistake(
        AWS,
        *("newTag: 3.6.5-jessie", "newTag: 3.6.6-jessie", "unreleased-image", "3.6.6", "aws"),
    ),
    "mixed releases": Mistake(
        LOCAL,
        *("simulator\n    newTag: release2", "simulator\n    newTag: release1"),
        *("mixed-releases", "images:", "local"),
    ),
    "component's mistake": Mistake(
        "overlays/aws/replicated-tracker/topologyspread.yaml",
        *("maxSkew: 1", "maxSkew: one", "schema", "maxSkew: one", "aws"),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_found_where_it_is_written(mistake: Mistake, fleet: FleetCopy) -> None:
    fleet.append(AWS, "components:\n  - replicated-tracker\n")
    fleet.edit(mistake.file, mistake.old, mistake.new)
    done = fleet.json("validate")
    assert done.code == 1
    file, _, text = mistake.line.rpartition(".yaml: ")
    file = f"{file}.yaml" if file else mistake.file
    line = fleet.line(file, text)
    for environment in mistake.environments.split():
        found = [one for one in done.data["findings"] if one["environment"] == environment]
        assert (mistake.check, file, line) in {
            (one["check"], one["file"], one["line"]) for one in found
        }, found
        assert {one["severity"] for one in found} == {"error"}
    others = {"local", "aws"} - set(mistake.environments.split())
    assert not [one for one in done.data["findings"] if one["environment"] in others]


INLINE = """patches:
  # A patch between the others.
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: queue
      spec:
        replicas: none
"""
OPERATIONS = """patches:
  - target:
      kind: Deployment
    patch: |-
      - op: replace
        path: /spec/replicas
        value: none
"""


@pytest.mark.parametrize("patches", [INLINE, OPERATIONS])
def test_a_mistake_is_found_in_an_inline_patch(patches: str, fleet: FleetCopy) -> None:
    fleet.edit(LOCAL, "patches:\n", patches)
    found = set(fleet.json("validate", "-e", "local").findings)
    assert found == {("schema", LOCAL, fleet.line(LOCAL, "none"))}


def test_the_fleet_is_valid(fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    done = fleet.run("validate")
    assert (done.code, done.out, done.err) == (0, "local, aws: 39 manifests, ok\n", "")
    assert fleet.snapshot() == before


@pytest.mark.parametrize(
    ("more", "renders"),
    [("group: networking.k8s.io\n      version: v1", 2), ("labelSelector: a!=b", 3)],
)
def test_a_patch_is_tried_only_where_words_do_not_say_what_it_selects(
    more: str, renders: int, fleet: FleetCopy, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    environment = programs_on_path(tmp_path, kustomize=f'echo x >> {log}; exec $REAL "$@"')
    path = "overlays/local/kustomization.yaml"
    fleet.edit(path, "kind: NetworkPolicy\n", f"kind: NetworkPolicy\n      {more}\n")
    assert fleet.run("validate", **environment).code == 0
    assert len(log.read_text().splitlines()) == renders


def test_the_environments_can_be_chosen(fleet: FleetCopy) -> None:
    fleet.edit(AWS, "newTag: 3.6.5-jessie", "newTag: latest")
    assert fleet.run("validate", "--env", "local").out == "local: 20 manifests, ok\n"
    assert fleet.run("validate", "--env", "aws").code == 1
    done = fleet.json("validate", "-e", "aws", "-e", "local")
    assert (done.code, done.data["environments"]) == (1, ["aws", "local"])
    assert "(did you mean local?)" in fleet.refused("validate", "--env", "locla", code=2)


def test_a_finding_is_a_line_that_editors_understand(fleet: FleetCopy) -> None:
    fleet.edit(AWS, "newTag: 3.6.5-jessie", "newTag: latest")
    line = fleet.line(AWS, "newTag: latest")
    done = fleet.run("validate")
    assert done.err == ""
    assert f"{AWS}:{line}: error: [unreleased-image] aws: mongo:latest is in no release" in done.out
    assert done.out.endswith("\nlocal, aws: 39 manifests, 2 errors, 0 warnings\n")


def excuse(fleet: FleetCopy, check: str, resource: str, environments: str = "") -> None:
    fleet.append(
        "fleetops.yaml",
        f"exceptions:\n  - check: {check}\n    resource: {resource}\n"
        f"    reason: It is tried out this week.\n{environments}",
    )


def test_an_exception_excuses_that_check_on_that_resource(fleet: FleetCopy) -> None:
    for service in ("queue", "position-tracker"):
        path = f"base/{service}/deployment.yaml"
        fleet.edit(path, f"serviceAccountName: {service}", "serviceAccountName: none")
    excuse(fleet, "service-account-absent", "Deployment/queue")
    tracker = (
        "service-account-absent",
        TRACKER,
        fleet.line(TRACKER, "serviceAccountName: none"),
    )
    assert fleet.json("validate").findings == [tracker, tracker]


def test_an_exception_holds_in_the_environments_that_it_names(fleet: FleetCopy) -> None:
    fleet.edit(QUEUE, "serviceAccountName: queue", "serviceAccountName: none")
    excuse(fleet, "service-account-absent", "Deployment/queue", "    environments: [aws]\n")
    assert fleet.run("validate", "--env", "aws").code == 0
    assert fleet.run("validate", "--env", "local").code == 1


@pytest.mark.parametrize("resource", ["Deployment/que", "Service/queue", "Deployment/queue"])
def test_an_exception_that_excuses_nothing_is_a_warning(resource: str, fleet: FleetCopy) -> None:
    excuse(fleet, "service-account-absent", resource)
    done = fleet.json("validate")
    assert (done.code, done.data["ok"]) == (0, True)
    (found,) = done.data["findings"]
    assert (found["check"], found["severity"]) == ("unused-exception", "warning")
    line = fleet.line("fleetops.yaml", "check: service-account-absent")
    assert (found["file"], found["line"]) == ("fleetops.yaml", line)
    # With a part of the environments nobody can tell.
    assert fleet.json("validate", "--env", "aws").findings == []
