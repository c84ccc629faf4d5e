"""What a rehearsal says of a promotion, on a real Kubernetes."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from fleetops.cluster import kubectl
from fleetops.kube import Client
from fleetops.rehearsal import Endpoints
from smallfleet import CLAIM, SERVICE, VOLUME

if TYPE_CHECKING:
    from http.client import HTTPConnection

    from fleetcopy import Done, FleetCopy
    from fleetops.cluster import Cluster
    from smallfleet import SmallFleet

pytestmark = pytest.mark.cluster

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
data: {mode: quick}
"""
STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: store
  namespace: shop
spec:
  serviceName: store
  selector:
    matchLabels: {app: store}
  template:
    metadata:
      labels: {app: store, tier: data}
    spec:
      containers:
        - name: store
          image: example.test/store:1
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        storageClassName: provided
        accessModes: [ReadWriteOnce]
        resources:
          requests: {storage: 1Gi}
---
apiVersion: v1
kind: Service
metadata:
  name: store
  namespace: shop
spec:
  clusterIP: None
  selector: {app: store}
  ports:
    - port: 80
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: provided
provisioner: csi.example.test
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: once
  namespace: shop
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: once
          image: example.test/once:1
"""
STORAGE_CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: provided
provisioner: csi.example.test
parameters: {type: quick}
"""
WORD = """\
apiVersion: v1
kind: Secret
metadata:
  name: word
  namespace: shop
type: Opaque
stringData: {word: open}
"""
IMMUTABLE_CONFIG = f"{CONFIG}immutable: true\n"
IMMUTABLE_SECRET = f"{WORD}immutable: true\n"
ROLE_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: readers
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - kind: ServiceAccount
    name: default
    namespace: shop
"""
WITH_ADDRESS = SERVICE.replace("spec:\n", "spec:\n  clusterIP: 10.96.7.7\n")
# What cannot be changed (facts of the API): object, what stands there, what is written, the API
# server's words, and the line that is named.
IMMUTABLE = {
    "stateful-set-selector": (
        STATEFUL_SET,
        "matchLabels: {app: store}",
        "matchLabels: {tier: data}",
        "field is immutable",
    ),
    "stateful-set-service-name": (
        STATEFUL_SET,
        "serviceName: store",
        "serviceName: other",
        "field is immutable",
    ),
    "stateful-set-claim-templates": (
        STATEFUL_SET,
        "requests: {storage: 1Gi}",
        "requests: {storage: 2Gi}",
        "field is immutable",
    ),
    "job-template": (JOB, "once:1", "once:2", "field is immutable"),
    "service-cluster-ip": (
        WITH_ADDRESS,
        "clusterIP: 10.96.7.7",
        "clusterIP: 10.96.7.8",
        "may not change once set",
    ),
    "claim-class": (
        f"{CLAIM}---\n{VOLUME}",
        "  storageClassName: disk\n  accessModes: [ReadWriteOnce]\n  resources",
        "  storageClassName: other\n  accessModes: [ReadWriteOnce]\n  resources",
        "spec is immutable after creation",
    ),
    "claim-shrinks": (
        f"{CLAIM}---\n{VOLUME}",
        "requests: {storage: 1Gi}",
        "requests: {storage: 512Mi}",
        "field can not be less than",
    ),
    "storage-class-parameters": (
        STORAGE_CLASS,
        "type: quick",
        "type: slow",
        "parameters: Invalid value: null: field is immutable",
    ),
    "secret-type": (WORD, "type: Opaque", "type: example.test/word", "field is immutable"),
    "immutable-config-map": (
        IMMUTABLE_CONFIG,
        "mode: quick",
        "mode: slow",
        "field is immutable when `immutable` is set",
    ),
    "immutable-secret": (
        IMMUTABLE_SECRET,
        "word: open",
        "word: shut",
        "field is immutable when `immutable` is set",
    ),
    "role-binding-role": (ROLE_BINDING, "name: view", "name: edit", "roleRef: Invalid value"),
}
MOUNTED = """\
          volumeMounts:
            - name: data
              mountPath: /data
      volumes:
        - name: data
          persistentVolumeClaim: {claimName: data}
"""
WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: judge
webhooks:
  - name: judge.example.test
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    clientConfig:
      service: {namespace: shop, name: judge}
    rules:
      - apiGroups: ["*"]
        apiVersions: ["*"]
        operations: ["*"]
        resources: ["*/*"]
"""
GUARDS = """\
  annotations:
    argocd.argoproj.io/sync-options: Prune=false
    kustomize.toolkit.fluxcd.io/prune: disabled
"""


def rehearse(fleet: FleetCopy, cluster: Cluster, *words: str, code: int = 0) -> Any:  # noqa: ANN401
    """Rehearse on the shared cluster, which changes nothing in the repository or the cluster."""
    before, there = fleet.snapshot(), everything(cluster)
    done = _rehearse(fleet, cluster, *words)
    assert done.code == code, done.out + done.err
    assert fleet.snapshot() == before
    assert everything(cluster) == there
    return done.data


def _rehearse(fleet: FleetCopy, cluster: Cluster, *words: str) -> Done:
    given = (f"--kubeconfig={cluster.kubeconfig}", "--timeout=60", "--output=json")
    return fleet.run("rehearse", *words, *given)


def everything(cluster: Cluster) -> list[str]:
    """List what is in a cluster that a rehearsal could have left."""
    kinds = (
        "namespaces,persistentvolumes,storageclasses,configmaps,leases,customresourcedefinitions"
    )
    completed = kubectl(cluster, "get", kinds, "--all-namespaces", "--output=name")
    assert completed.returncode == 0, completed.stderr
    return sorted(completed.stdout.decode().split())


def outcomes(result: Any) -> dict[str, str]:  # noqa: ANN401
    return {one["resource"]: one["outcome"] for one in result["objects"]}


def errors(result: Any) -> list[tuple[str, str, int | None]]:  # noqa: ANN401
    return [
        (one["check"], one["file"], one["line"])
        for one in result["findings"]
        if one["severity"] == "error"
    ]


def test_a_release_of_the_fleet_is_rehearsed_on_a_new_cluster(fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    done = fleet.run("rehearse", "release3", "--env", "aws")
    assert done.code == 0, (done.out, done.err)
    assert fleet.snapshot() == before
    lines = done.out.splitlines()
    assert lines[0] == (
        "aws from release2 to release3, on Kubernetes 1.37.2, begun with the work tree"
    )
    assert lines[1:4] == [
        "  changed  Deployment/fleetman/position-tracker",
        "  unchanged: 18 objects",
        "pods replaced: Deployment/fleetman/position-tracker 1",
    ]
    assert "volumes were made without their drivers: ebs.csi.aws.com" in lines
    assert any(line.startswith("no container ran:") for line in lines)


def test_what_a_rehearsal_says_is_as_it_is_published(small: SmallFleet, shared: Cluster) -> None:
    import jsonschema

    from fleetops.api.schemas import schema

    small.objects(f"{SERVICE}---\n{CLAIM}---\n{VOLUME}")
    result = rehearse(small, shared, "v2", "--env=one")
    jsonschema.validate(result, schema("rehearse"))
    assert result["ok"]
    assert (result["before"], result["release"], result["start"]) == ("v1", "v2", "the work tree")
    assert outcomes(result) == {
        "Namespace/shop": "unchanged",
        "Service/shop/web": "unchanged",
        "PersistentVolume/disk": "unchanged",
        "PersistentVolumeClaim/shop/data": "unchanged",
        "Deployment/shop/web": "changed",
    }
    assert result["pods"] == [{"resource": "Deployment/shop/web", "pods": 1}]
    assert result["claims"] == [
        {"claim": "shop/data", "phase": "Bound", "volume": "disk", "outcome": "same"}
    ]
    assert result["services"] == [{"service": "shop/web", "seconds": 0.0}]


@pytest.mark.parametrize("case", IMMUTABLE)
def test_what_cannot_be_changed_is_refused_in_the_api_servers_words(
    small: SmallFleet, shared: Cluster, case: str
) -> None:
    objects, old, new, words = IMMUTABLE[case]
    small.objects(objects)
    small.commit()
    small.edit("overlays/one/objects.yaml", old, new)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    (finding,) = (one for one in result["findings"] if one["severity"] == "error")
    assert finding["check"] == "api-server"
    assert words in finding["message"]
    assert finding["file"] == "overlays/one/objects.yaml"
    assert finding["line"] is not None
    assert outcomes(result)[finding["resource"]] == "refused"


def test_a_selector_that_changes_is_refused_at_its_line(small: SmallFleet, shared: Cluster) -> None:
    small.objects(CONFIG)
    small.commit()
    small.edit("overlays/one/web.yaml", "matchLabels: {app: web}", "matchLabels: {app: shop}")
    small.edit("overlays/one/web.yaml", "labels: {app: web}", "labels: {app: shop}")
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    line = small.line("overlays/one/web.yaml", "matchLabels")
    assert errors(result) == [("api-server", "overlays/one/web.yaml", line - 1)]
    assert "field is immutable" in result["findings"][0]["message"]


def test_what_leaves_the_render_is_pruned_unless_it_is_guarded(
    small: SmallFleet, shared: Cluster
) -> None:
    guarded = CONFIG.replace("settings", "kept").replace("\ndata:", f"\n{GUARDS}data:")
    small.objects(f"{CONFIG}---\n{guarded}---\n{SERVICE}")
    small.commit()
    small.objects(SERVICE)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    assert outcomes(result) | {"ConfigMap/shop/settings": "pruned"} == outcomes(result)
    assert outcomes(result)["ConfigMap/shop/kept"] == "kept"


def test_a_guard_for_one_controller_only_is_warned_of(small: SmallFleet, shared: Cluster) -> None:
    flux = "\n  annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}\ndata:"
    guarded = CONFIG.replace("\ndata:", flux)
    small.objects(f"{guarded}---\n{SERVICE}")
    small.commit()
    small.objects(SERVICE)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    (finding,) = result["findings"]
    assert (finding["check"], finding["severity"]) == ("half-guarded", "warning")
    assert finding["message"] == "leaves the render; Argo CD would prune it"


def test_a_claim_that_would_be_pruned_is_lost(small: SmallFleet, shared: Cluster) -> None:
    small.objects(f"{CLAIM}---\n{VOLUME}")
    small.commit()
    small.objects(VOLUME)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    assert errors(result) == [("claim-lost", "overlays/one/kustomization.yaml", None)]
    assert result["claims"][0]["outcome"] == "lost"


def test_a_claim_that_nothing_binds_is_a_rollout_that_does_not_finish(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(CONFIG)
    small.commit()
    small.objects(CLAIM)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    assert errors(result) == [("rollout", "overlays/one/objects.yaml", 1)]
    message = result["findings"][0]["message"]
    assert message.startswith("it is Pending and not Bound; ")
    assert 'storageclass.storage.k8s.io "disk" not found' in message


def test_pods_that_admission_refuses_are_told_in_its_words(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(CONFIG)
    small.commit()
    labels = "  name: shop\n  labels: {pod-security.kubernetes.io/enforce: restricted}\n"
    small.edit("overlays/one/web.yaml", "  name: shop\n", labels)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    (finding,) = (one for one in result["findings"] if one["severity"] == "error")
    assert finding["check"] == "rollout"
    assert 'violates PodSecurity "restricted:latest"' in finding["message"]
    assert any(one["check"] == "api-server-warning" for one in result["findings"])


def test_a_service_without_pods_is_refused(small: SmallFleet, shared: Cluster) -> None:
    small.objects(SERVICE)
    small.commit()
    small.edit("overlays/one/objects.yaml", "selector: {app: web}", "selector: {app: wep}")
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    assert errors(result) == [("service-without-endpoints", "overlays/one/objects.yaml", 1)]
    assert result["services"][0]["seconds"] > 0


def test_what_is_wrong_before_and_right_after_is_a_warning(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(SERVICE.replace("port: 80", "port: 80\n      nodePort: 80"))
    small.commit()
    small.objects(SERVICE)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    (finding,) = result["findings"]
    assert finding["severity"] == "warning"
    assert finding["message"].startswith("before the promotion: ")
    assert outcomes(result)["Service/shop/web"] == "created"


@pytest.mark.parametrize(
    "annotation",
    [
        "kustomize.toolkit.fluxcd.io/force: enabled",
        "argocd.argoproj.io/sync-options: 'Force=true,Replace=true'",
    ],
)
def test_a_controller_that_is_told_to_replaces_what_cannot_be_changed(
    small: SmallFleet, shared: Cluster, annotation: str
) -> None:
    small.objects(JOB.replace("spec:\n  t", f"  annotations: {{{annotation}}}\nspec:\n  t"))
    small.commit()
    small.edit("overlays/one/objects.yaml", "once:1", "once:2")
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    assert outcomes(result)["Job/shop/once"] == "replaced"


def test_prerequisites_are_there_before_the_environment(small: SmallFleet, shared: Cluster) -> None:
    small.objects(CLAIM.replace("disk", "provided"))
    small.write("before/classes.yaml", STORAGE_CLASS)
    small.append("fleetops.yaml", "    prerequisites: [before]\n")
    result = rehearse(small, shared, "v2", "--env=one")
    assert result["stood_in"] == ["csi.example.test"]
    assert result["claims"][0]["outcome"] == "same"


def test_an_unproven_promotion_is_not_rehearsed(small: SmallFleet) -> None:
    small.objects(CONFIG)
    small.write(
        "releases/v3.yaml", "release: v3\nimages:\n  db: {name: example.test/db, tag: v3}\n"
    )
    assert "example.test/db" in small.refused("rehearse", "v3", "--env=one")


def test_a_revision_that_does_not_exist_is_a_mistake_of_usage(small: SmallFleet) -> None:
    small.objects(CONFIG)
    small.commit()
    said = small.refused("rehearse", "v2", "--env=one", "--from=gone", code=2)
    assert "there is no commit 'gone'" in said


def test_a_context_that_nobody_named_is_not_touched(small: SmallFleet, shared: Cluster) -> None:
    small.objects(CONFIG)
    config = json.loads(shared.kubeconfig.read_text())
    config["contexts"][0]["name"] = config["current-context"] = "production"
    other = small.root.parent / "kubeconfig"
    other.write_text(json.dumps(config))
    words = ("rehearse", "v2", "--env=one", f"--kubeconfig={other}")
    there = everything(shared)
    assert "the context production is not named" in small.refused(*words)
    assert everything(shared) == there
    small.append("fleetops.yaml", "throwaway_contexts: [production]\n")
    done = small.run(*words)
    assert done.code == 0, (done.out, done.err)
    assert everything(shared) == there


def test_a_cluster_with_something_of_the_environment_is_not_touched(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(CONFIG)
    assert kubectl(shared, "create", "namespace", "shop").returncode == 0
    try:
        said = small.refused("rehearse", "v2", "--env=one", f"--kubeconfig={shared.kubeconfig}")
        assert "Namespace/shop is in the cluster already" in said
    finally:
        assert kubectl(shared, "delete", "namespace", "shop").returncode == 0


HOSTILE = ["victim/secrets?", "x/../y", "..", "a%2Fb", "a\nb", "\x1b[31m", "Bad_1"]


@pytest.mark.parametrize("namespace", HOSTILE)
def test_a_namespace_that_cannot_be_is_refused_and_leads_nowhere(
    small: SmallFleet, shared: Cluster, namespace: str
) -> None:
    small.objects(CONFIG.replace("namespace: shop", f"namespace: {json.dumps(namespace)}"))
    result = rehearse(small, shared, "v2", "--env=one", code=1)
    (finding,) = (one for one in result["findings"] if one["severity"] == "error")
    assert (finding["check"], finding["path"]) == ("api-server", "metadata.namespace")
    assert finding["line"] == 5
    small.objects(CONFIG)
    rehearse(small, shared, "v2", "--env=one")


def test_a_name_that_cannot_stand_in_a_path_is_refused(small: SmallFleet, shared: Cluster) -> None:
    small.objects(CONFIG.replace("name: settings", 'name: "../../kube-system"'))
    result = rehearse(small, shared, "v2", "--env=one", code=1)
    assert errors(result) == [("api-server", "overlays/one/objects.yaml", 4)]


def test_a_claim_that_a_pod_still_uses_is_lost_all_the_same(
    small: SmallFleet, shared: Cluster
) -> None:
    small.append("overlays/one/web.yaml", MOUNTED)
    small.objects(f"{CLAIM}---\n{VOLUME}")
    small.commit()
    small.objects(VOLUME)
    result = rehearse(small, shared, "v1", "--env=one", "--from=HEAD", code=1)
    assert errors(result) == [("claim-lost", "overlays/one/kustomization.yaml", None)]


def test_a_job_that_goes_when_it_is_done_is_not_missed(small: SmallFleet, shared: Cluster) -> None:
    small.objects(
        JOB.replace("spec:\n  template", "spec:\n  ttlSecondsAfterFinished: 0\n  template")
    )
    rehearse(small, shared, "v2", "--env=one")


def test_argo_cds_hooks_are_made_anew(small: SmallFleet, shared: Cluster) -> None:
    hook = "  annotations: {argocd.argoproj.io/hook: PreSync}\nspec:\n  template"
    small.objects(JOB.replace("spec:\n  template", hook))
    small.commit()
    small.edit("overlays/one/objects.yaml", "once:1", "once:2")
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    assert outcomes(result)["Job/shop/once"] == "replaced"


def test_force_alone_replaces_nothing(small: SmallFleet, shared: Cluster) -> None:
    force = "  annotations: {argocd.argoproj.io/sync-options: Force=true}\nspec:\n  template"
    small.objects(JOB.replace("spec:\n  template", force))
    small.commit()
    small.edit("overlays/one/objects.yaml", "once:1", "once:2")
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD", code=1)
    assert outcomes(result)["Job/shop/once"] == "refused"


def test_a_namespace_on_an_object_of_the_whole_cluster_makes_no_other_one(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(VOLUME)
    small.commit()
    small.objects(VOLUME.replace("  name: disk\n", "  name: disk\n  namespace: shop\n"))
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    assert "pruned" not in outcomes(result).values()


def test_an_exception_excuses_what_the_cluster_says(small: SmallFleet, shared: Cluster) -> None:
    small.objects(SERVICE.replace("selector: {app: web}", "selector: {app: operators}"))
    small.append(
        "fleetops.yaml",
        "exceptions:\n  - check: service-without-endpoints\n    resource: Service/web\n"
        "    reason: An operator makes its pods.\n",
    )
    assert rehearse(small, shared, "v2", "--env=one")["findings"] == []


def test_a_webhook_is_accepted_and_has_no_effect(small: SmallFleet, shared: Cluster) -> None:
    small.objects(f"{WEBHOOK}---\n{CONFIG}")
    result = rehearse(small, shared, "v2", "--env=one")
    assert outcomes(result)["ValidatingWebhookConfiguration/judge"] == "unchanged"
    small.commit()
    small.objects(CONFIG)
    result = rehearse(small, shared, "v2", "--env=one", "--from=HEAD")
    assert outcomes(result)["ValidatingWebhookConfiguration/judge"] == "pruned"


def test_a_finalizer_that_nobody_takes_away_holds_nothing_up(
    small: SmallFleet, shared: Cluster
) -> None:
    small.objects(CONFIG.replace("\ndata:", "\n  finalizers: [example.test/kept]\ndata:"))
    rehearse(small, shared, "v2", "--env=one")


def test_a_secret_is_not_printed_where_it_is_refused(small: SmallFleet, shared: Cluster) -> None:
    small.objects(WORD.replace("word: open", "word: 8675309, other: {a: hunter2}"))
    given = f"--kubeconfig={shared.kubeconfig}"
    for words in (("rehearse", "v2", "--env=one"), ("validate", "--on-cluster")):
        done = small.run(*words, given)
        assert done.code == 1
        assert "8675309" not in done.out + done.err
        assert "hunter2" not in done.out + done.err


def test_a_kubeconfig_in_the_repository_is_not_used(small: SmallFleet, shared: Cluster) -> None:
    small.objects(CONFIG)
    small.write("kubeconfig", shared.kubeconfig.read_bytes())
    said = small.refused("rehearse", "v2", "--env=one", "--kubeconfig=kubeconfig")
    assert "is in the repository" in said


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "1e300", "soon"])
def test_a_time_that_is_none_is_a_mistake_of_usage(small: SmallFleet, seconds: str) -> None:
    small.objects(CONFIG)
    words = ("rehearse", "v2", "--env=one", f"--timeout={seconds}")
    assert "--timeout" in small.refused(*words, code=2)


def test_watching_ends_also_before_it_has_begun(shared: Cluster) -> None:
    class Late:
        """An API server whose watches take their time to connect."""

        def client(self, timeout: float = 10.0) -> Client:
            if timeout == 10.0:
                return shared.access.client()
            real = shared.access.client(timeout)

            def connect() -> HTTPConnection:
                time.sleep(0.3)
                return real._connect()

            return Client(connect, shared.access.token)

    start = time.monotonic()
    with Endpoints(Late()):  # type: ignore[arg-type]
        pass
    assert time.monotonic() - start < 5
    assert not any("_watch" in one.name for one in threading.enumerate())
