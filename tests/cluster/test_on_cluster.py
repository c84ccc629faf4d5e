"""`validate --on-cluster`: the verdict is the API server's, and nothing stays."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ROOT
from fleetops.cluster import kubectl

if TYPE_CHECKING:
    from fleetcopy import FleetCopy
    from fleetops.cluster import Cluster
    from smallfleet import SmallFleet

pytestmark = pytest.mark.cluster

CASES = ROOT / "tests" / "cases" / "api-server"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: shops.example.test
spec:
  group: example.test
  scope: Namespaced
  names: {kind: Shop, plural: shops, singular: shop}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                open: {type: integer}
                shut: {type: integer}
              x-kubernetes-validations:
                - rule: self.open < self.shut
                  message: a shop opens before it shuts
"""
SHOP = """\
apiVersion: example.test/v1
kind: Shop
metadata:
  name: corner
  namespace: shop
spec:
  open: 8
  shut: 18
"""
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: data
spec:
  capacity:
    storage: 1Gi
  accessModes: [ReadWriteOnce]
  hostPath: {path: /srv/data}
"""
NO_VOLUMES = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-volumes
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [persistentvolumes]}
  validations:
    - {expression: request.dryRun, message: a volume is made}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: no-volumes
spec:
  policyName: no-volumes
  validationActions: [Deny]
"""


def test_every_verdict_is_that_of_the_api_server(fleet: FleetCopy) -> None:
    expected = json.loads((CASES / "verdicts.json").read_text())
    assert sum(name.startswith("refused/") for name in expected) >= 60
    assert sum(name.startswith("accepted/") for name in expected) >= 60
    folders = (str(CASES / "refused"), str(CASES / "accepted"))
    done = fleet.run("validate", "--on-cluster", *folders, "--output=json")
    assert done.code == 1, done.err
    found: dict[str, list[str]] = defaultdict(list)
    said: dict[str, str] = {}
    for one in done.data["findings"]:
        if one["severity"] == "error":
            assert one["check"] == "api-server"
            name = str(Path(one["file"]).relative_to(CASES))
            found[name].append(one["resource"].rpartition("/")[2])
            assert one["line"] is not None
            said[name] = one["message"]
    assert {name: sorted(each) for name, each in found.items()} == {
        name: sorted(one["resource"].rpartition("/")[2] for one in each if _refused(one))
        for name, each in expected.items()
        if any(map(_refused, each))
    }, {name: said[name] for name in said if name.startswith("accepted/")}


def _refused(document: dict[str, str]) -> bool:
    return document["verdict"] == "refused"


def test_the_fleet_is_accepted(fleet: FleetCopy) -> None:
    done = fleet.run("validate", "--on-cluster")
    assert (done.code, done.out) == (0, "local, aws: 39 manifests, ok\n"), done.err


def test_what_only_the_api_server_refuses_is_found_at_its_line(
    fleet: FleetCopy, shared: Cluster
) -> None:
    fleet.edit("overlays/local/service.yaml", "nodePort: 30010", "nodePort: 80")
    assert fleet.run("validate", "--env=local").code == 0
    done = fleet.json(
        "validate", "--env=local", "--on-cluster", f"--kubeconfig={shared.kubeconfig}"
    )
    line = fleet.line("overlays/local/service.yaml", "nodePort: 80")
    assert done.findings == [("api-server", "overlays/local/service.yaml", line)]
    assert "provided port is not in the valid range" in done.data["findings"][0]["message"]


def test_custom_resources_are_judged_by_the_definitions_that_are_named(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(SHOP.replace("open: 8", "open: 20"))
    small.write("before/shops.yaml", DEFINITION)
    small.append("fleetops.yaml", "    prerequisites: [before]\n")
    words = ("validate", "--on-cluster", f"--kubeconfig={shared.kubeconfig}")
    findings = [one for one in small.json(*words).data["findings"] if one["check"] == "api-server"]
    assert [(one["file"], one["line"]) for one in findings] == [("overlays/one/objects.yaml", 6)]
    assert "a shop opens before it shuts" in findings[0]["message"]
    small.objects(SHOP)
    assert not any(one[0] == "api-server" for one in small.json(*words).findings)


def test_nothing_stays_in_a_cluster_that_is_given(
    small: SmallFleet, shared: Cluster, tmp_path: Path
) -> None:
    small.objects(f"{DEFINITION}---\n{SHOP}")
    there = everything(shared)
    words = ("validate", "--on-cluster", f"--kubeconfig={shared.kubeconfig}")
    small.run(*words)
    assert everything(shared) == there
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "one.yaml").write_text(DEFINITION)
    assert small.run(*words, str(tmp_path / "some")).code == 0
    assert everything(shared) == there


def test_no_volume_that_is_tried_is_there_to_be_taken_by_a_claim(
    small: SmallFleet, shared: Cluster
) -> None:
    applied = kubectl(shared, "apply", "-f", "-", stdin=NO_VOLUMES.encode())
    assert applied.returncode == 0
    deadline = time.monotonic() + 60.0
    while kubectl(shared, "create", "-f", "-", stdin=VOLUME.encode()).returncode == 0:
        assert time.monotonic() < deadline
        assert kubectl(shared, "delete", "pv/data").returncode == 0
    small.write("some/one.yaml", VOLUME)
    words = ("validate", "--on-cluster", f"--kubeconfig={shared.kubeconfig}", "some")
    assert small.json(*words).findings == []
    small.write("some/one.yaml", VOLUME.replace("1Gi", "0"))
    assert small.json(*words).findings == [("api-server", "some/one.yaml", 7)]
    assert kubectl(shared, "delete", "-f", "-", stdin=NO_VOLUMES.encode()).returncode == 0


def test_what_a_cluster_has_already_is_judged_and_left_as_it_is(
    small: SmallFleet, shared: Cluster
) -> None:
    manifest = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: mine\n  labels: {of: me}\n"
    assert kubectl(shared, "apply", "-f", "-", stdin=manifest.encode()).returncode == 0
    small.write("one.yaml", manifest.replace("of: me", "of: them"))
    small.write("two.yaml", manifest.replace("of: me", "of: not/right"))
    words = ("--on-cluster", f"--kubeconfig={shared.kubeconfig}", "one.yaml", "two.yaml")
    done = small.json("validate", *words)
    assert done.findings == [("api-server", "two.yaml", 5)]
    kept = kubectl(shared, "get", "namespace", "mine", "--output=jsonpath={.metadata.labels.of}")
    assert kept.stdout == b"me"
    assert kubectl(shared, "delete", "namespace", "mine").returncode == 0


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    small: SmallFleet, shared: Cluster
) -> None:
    small.write("some/broken.yaml", "kind: [\n")
    small.write("some/wrong.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Wrong\n")
    words = ("validate", "--on-cluster", "some", f"--kubeconfig={shared.kubeconfig}")
    done = small.json(*words)
    assert done.code == 1
    assert sorted(one[:2] for one in done.findings) == [
        ("api-server", "some/wrong.yaml"),
        ("unrenderable", "some/broken.yaml"),
    ]


def test_a_link_out_of_the_folder_is_not_followed(
    small: SmallFleet, shared: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "outside.yaml").write_text("password: hunter2\n")
    small.write("some/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")
    (small.root / "some" / "two.yaml").symlink_to(tmp_path / "outside.yaml")
    words = ("validate", "--on-cluster", "some", f"--kubeconfig={shared.kubeconfig}")
    done = small.run(*words)
    assert done.code == 1
    assert "leads out of the repository" in done.out
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize("namespace", ["kube-system/configmaps?", "..", "a\nb", "Bad_1"])
def test_a_namespace_that_cannot_be_is_refused_and_leads_nowhere(
    small: SmallFleet, shared: Cluster, namespace: str
) -> None:
    there = everything(shared)
    named = f"metadata:\n  name: one\n  namespace: {json.dumps(namespace)}\n"
    small.write("some/one.yaml", f"apiVersion: v1\nkind: ConfigMap\n{named}")
    words = ("validate", "--on-cluster", "some", f"--kubeconfig={shared.kubeconfig}")
    assert small.json(*words).findings == [("api-server", "some/one.yaml", 5)]
    assert everything(shared) == there


def test_labels_that_are_none_and_an_object_that_is_too_large_are_findings_of_theirs(
    small: SmallFleet, shared: Cluster
) -> None:
    start = "apiVersion: v1\nkind: Namespace\nmetadata: {name: mine, labels: [a]}\n"
    small.write("some/labels.yaml", start)
    large = "x" * 4_000_000
    start = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: large}\ndata:\n"
    small.write("some/large.yaml", f"{start}  a: {large}\n")
    small.write("some/right.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: right}\n")
    words = ("validate", "--on-cluster", "some", f"--kubeconfig={shared.kubeconfig}")
    found = [one[:2] for one in small.json(*words).findings]
    assert found == [("api-server", "some/labels.yaml"), ("api-server", "some/large.yaml")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("some",), "go with --on-cluster"),
        (("--kubeconfig=x",), "go with --on-cluster"),
        (("--on-cluster", "--env=one", "some"), "in the place of --env"),
        (("--on-cluster", "nowhere"), "nowhere is neither a file nor a folder"),
        (("--on-cluster", "--kubeconfig=/nowhere/kubeconfig"), "no such cluster"),
    ],
)
def test_a_mistake_of_usage_is_told(small: SmallFleet, words: tuple[str, ...], said: str) -> None:
    small.objects(SHOP)
    small.write("some/one.yaml", SHOP)
    assert said in small.refused("validate", *words, code=2)


def everything(cluster: Cluster) -> list[str]:
    """List what is in a cluster that could have been left, namespaces that are going not."""
    kinds = ("persistentvolumes", "configmaps", "leases", "customresourcedefinitions")
    completed = kubectl(cluster, "get", ",".join(kinds), "-A", "--output=name")
    assert completed.returncode == 0, completed.stderr
    names = kubectl(cluster, "get", "namespaces", "--field-selector=status.phase=Active", "-oname")
    return sorted((completed.stdout + names.stdout).decode().split())
