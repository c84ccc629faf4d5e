"""What controllers say of themselves is read as they mean it.

The objects are written after the fields that the definitions of Argo CD 3.6 and Flux's
kustomize-controller 1.9 document; tests/gitops/test_live.py meets the real ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fleetops.live import same_repository
from fleetops.live.argo import read_application
from fleetops.live.flux import read_kustomization, source_path
from fleetops.live.sync import commit_in, same_folder

if TYPE_CHECKING:
    from fleetops.live import Sync

OLD, NEW = "a" * 40, "b" * 40
FOLDER = "overlays/aws"
REFUSED = 'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80'


def application(status: dict[str, Any], **spec: Any) -> dict[str, Any]:  # noqa: ANN401
    source = {"repoURL": "https://me:secret@git.example/fleet.git", "path": FOLDER}
    automated = {"automated": {"prune": True}}
    return {
        "metadata": {"namespace": "argocd", "name": "aws"},
        "spec": {"source": source, "syncPolicy": automated, "destination": {}} | spec,
        "status": status,
    }


def argo(status: dict[str, Any], **spec: Any) -> Sync:  # noqa: ANN401
    sync = read_application(application(status, **spec), FOLDER)
    assert sync is not None
    return sync


def operation(phase: str, revision: str, *resources: dict[str, Any]) -> dict[str, Any]:
    result = {"revision": revision, "resources": list(resources)}
    return {"phase": phase, "message": f"the sync is {phase}", "syncResult": result}


SYNCED = {
    "sync": {"status": "Synced", "revision": NEW},
    "health": {"status": "Healthy"},
    "operationState": operation("Succeeded", NEW),
    "history": [{"revision": OLD}, {"revision": NEW}],
}
BEHIND = SYNCED | {
    "sync": {"status": "OutOfSync", "revision": NEW},
    "history": [{"revision": OLD}],
    "resources": [{"kind": "Service", "status": "OutOfSync"}],
}
SYNC_FAILED = {
    "kind": "Service",
    "namespace": "fleet",
    "name": "web",
    "status": "SyncFailed",
    "message": REFUSED,
}


def test_an_application_that_is_synced_and_healthy_is_fine() -> None:
    sync = argo(SYNCED)
    assert (sync.ok, sync.failed, sync.applied, sync.attempted) == (True, False, NEW, NEW)
    assert sync.states == ("Synced", "Healthy")
    assert sync.messages == ()
    assert sync.repository == "https://git.example/fleet.git"


@pytest.mark.parametrize("health", ["Progressing", "Degraded", "Missing", "Unknown", "Suspended"])
def test_an_application_that_is_not_healthy_is_not_fine(health: str) -> None:
    sync = argo(SYNCED | {"health": {"status": health, "message": "why"}})
    assert (sync.ok, sync.failed) == (False, False)
    assert (sync.states, sync.messages) == (("Synced", health), ("why",))


@pytest.mark.parametrize(
    ("phase", "failed"),
    [("Failed", True), ("Error", True), ("Running", True), ("Succeeded", False)],
)
def test_a_refused_object_is_a_failure_in_the_words_of_the_api_server(
    phase: str, *, failed: bool
) -> None:
    refused = () if phase == "Succeeded" else (SYNC_FAILED,)
    sync = argo(BEHIND | {"operationState": operation(phase, NEW, *refused)})
    assert (sync.ok, sync.failed, sync.applied, sync.attempted) == (False, failed, OLD, NEW)
    words = (f"the sync is {phase}", f"Service/fleet/web: {REFUSED}")
    assert sync.messages == (words if failed else ())


def test_a_sync_that_runs_and_has_refused_nothing_has_not_failed() -> None:
    running = operation("Running", NEW, {"kind": "Service", "name": "web", "status": "Synced"})
    assert not argo(BEHIND | {"operationState": running}).failed


def test_a_failure_of_an_earlier_commit_is_none_of_the_newest() -> None:
    sync = argo(BEHIND | {"operationState": operation("Failed", OLD, SYNC_FAILED)})
    assert (sync.failed, sync.attempted) == (False, NEW)
    assert f"Service/fleet/web: {REFUSED}" in sync.messages


@pytest.mark.parametrize(("pruned", "ok"), [(True, True), (False, False)])
def test_what_is_kept_from_pruning_does_not_make_it_out_of_sync(*, pruned: bool, ok: bool) -> None:
    left = {"kind": "Namespace", "status": "OutOfSync", "requiresPruning": pruned}
    synced = SYNCED | {"sync": {"status": "OutOfSync", "revision": NEW}, "resources": [left]}
    assert argo(synced).ok is ok


def test_an_application_of_several_sources_is_at_the_commit_of_the_one_with_the_overlay() -> None:
    status = SYNCED | {
        "sync": {"status": "Synced", "revisions": [OLD, NEW]},
        "operationState": {"phase": "Succeeded", "syncResult": {"revisions": [OLD, NEW]}},
    }
    sync = argo(status, source=None, sources=[{"chart": "x"}, {"path": "./overlays/aws/"}])
    assert (sync.applied, sync.attempted) == (NEW, NEW)


def test_what_cannot_be_rendered_is_said() -> None:
    wrong = {"type": "ComparisonError", "message": "Failed to load\n target state"}
    sync = argo({"sync": {"status": "Unknown"}, "conditions": [wrong]})
    assert (sync.ok, sync.failed, sync.attempted) == (False, False, "")
    assert sync.messages == ("ComparisonError: Failed to load target state",)


@pytest.mark.parametrize(
    ("policy", "states"),
    [
        ({"automated": {}}, ("not looked at yet",)),
        ({"automated": {"enabled": False}}, ("not looked at yet", "not synced by itself")),
        ({}, ("not looked at yet", "not synced by itself")),
    ],
)
def test_a_new_application_has_not_been_looked_at(
    policy: dict[str, Any], states: tuple[str, ...]
) -> None:
    assert argo({}, syncPolicy=policy).states == states


@pytest.mark.parametrize(
    ("destination", "elsewhere"),
    [
        ({"server": "https://kubernetes.default.svc"}, ""),
        ({"name": "in-cluster"}, ""),
        ({"server": "https://aws.example"}, "https://aws.example"),
        ({"name": "aws"}, "aws"),
    ],
)
def test_an_application_may_sync_into_another_cluster(
    destination: dict[str, str], elsewhere: str
) -> None:
    assert argo(SYNCED, destination=destination).elsewhere == elsewhere


def condition(kind: str, status: str, reason: str, message: str = "words") -> dict[str, Any]:
    found = {"type": kind, "status": status, "reason": reason, "message": message}
    return found | {"observedGeneration": 2}


def source(revision: str = f"main@sha1:{NEW}", *conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "spec": {"url": "ssh://git@git.example/team/fleet"},
        "status": {"artifact": {"revision": revision}, "conditions": list(conditions)},
    }


def flux(
    *conditions: dict[str, Any],
    attempted: str = f"main@sha1:{NEW}",
    applied: str = f"main@sha1:{NEW}",
    fetched: dict[str, Any] | None = None,
    **spec: Any,  # noqa: ANN401
) -> Sync:
    value = {
        "metadata": {"namespace": "flux-system", "name": "aws", "generation": 2},
        "spec": {"path": "./overlays/aws", "sourceRef": {"kind": "GitRepository", "name": "fleet"}}
        | spec,
        "status": {
            "conditions": list(conditions),
            "lastAttemptedRevision": attempted,
            "lastAppliedRevision": applied,
        },
    }
    sync = read_kustomization(value, fetched or source(), FOLDER)
    assert sync is not None
    return sync


def test_a_kustomization_that_is_ready_is_fine() -> None:
    sync = flux(condition("Ready", "True", "ReconciliationSucceeded"))
    assert (sync.ok, sync.failed, sync.applied, sync.attempted) == (True, False, NEW, NEW)
    assert (sync.states, sync.messages) == (("Ready",), ())
    assert sync.repository == "ssh://git.example/team/fleet"


@pytest.mark.parametrize(
    ("reason", "failed"),
    [
        ("ReconciliationFailed", True),
        ("HealthCheckFailed", True),
        ("BuildFailed", True),
        ("PruneFailed", True),
        ("DependencyNotReady", False),
        ("ArtifactFailed", False),
    ],
)
def test_a_kustomization_that_is_not_ready_says_why(reason: str, *, failed: bool) -> None:
    ready = condition("Ready", "False", reason, f"dry-run failed:\n{REFUSED}")
    sync = flux(ready, applied=f"main@sha1:{OLD}")
    assert (sync.ok, sync.failed, sync.applied, sync.attempted) == (False, failed, OLD, NEW)
    assert sync.states == (f"not Ready ({reason})",)
    assert sync.messages == (f"dry-run failed: {REFUSED}",)


def test_a_failure_is_none_of_an_artifact_that_has_come_since() -> None:
    ready = condition("Ready", "False", "ReconciliationFailed")
    sync = flux(ready, attempted=f"main@sha1:{OLD}", applied="")
    assert (sync.failed, sync.applied, sync.attempted) == (False, "", OLD)


def test_what_is_said_of_an_earlier_spec_does_not_count() -> None:
    ready = condition("Ready", "True", "ReconciliationSucceeded") | {"observedGeneration": 1}
    assert not flux(ready).ok
    failed = condition("Ready", "False", "BuildFailed") | {"observedGeneration": 1}
    assert not flux(failed).failed


def test_a_source_that_cannot_be_fetched_is_said() -> None:
    wrong = condition("Ready", "False", "GitOperationFailed", "authentication required")
    sync = flux(
        condition("Ready", "True", "ReconciliationSucceeded"),
        fetched=source(f"main@sha1:{NEW}", wrong),
    )
    assert sync.messages == ("GitRepository/fleet: authentication required",)


def test_an_artifact_of_another_kind_names_the_commit_that_it_was_made_of() -> None:
    digest = f"latest@sha256:{'c' * 64}"
    fetched = source(digest)
    origin = {"org.opencontainers.image.revision": f"main@sha1:{NEW}"}
    fetched["status"]["artifact"]["metadata"] = origin
    failed = condition("Ready", "False", "BuildFailed")
    sync = flux(failed, attempted=digest, applied=digest, fetched=fetched)
    assert (sync.failed, sync.applied, sync.attempted) == (True, "", NEW)


def test_a_kustomization_may_be_suspended_or_sync_into_another_cluster() -> None:
    sync = flux(suspend=True, kubeConfig={"secretRef": {"name": "aws-kubeconfig"}})
    assert sync.states == ("not looked at yet", "suspended")
    assert sync.elsewhere == "the cluster of the kubeconfig in aws-kubeconfig"


def test_a_kustomization_may_put_everything_into_one_namespace() -> None:
    sync = flux(targetNamespace="team")
    assert (sync.namespace, sync.forced) == ("team", True)
    assert not flux().forced


def test_the_source_may_be_in_another_namespace() -> None:
    value: dict[str, Any] = {
        "metadata": {"namespace": "team"},
        "spec": {"sourceRef": {"kind": "GitRepository", "name": "fleet"}},
    }
    prefix = "/apis/source.toolkit.fluxcd.io/v1/namespaces"
    assert source_path(value) == f"{prefix}/team/gitrepositories/fleet"
    value["spec"]["sourceRef"]["namespace"] = "flux-system"
    assert source_path(value) == f"{prefix}/flux-system/gitrepositories/fleet"
    value["spec"]["sourceRef"]["name"] = "../services/x/proxy?a"
    assert (
        source_path(value) == f"{prefix}/flux-system/gitrepositories/..%2Fservices%2Fx%2Fproxy%3Fa"
    )


@pytest.mark.parametrize("value", [{}, {"spec": 1}, {"spec": {"source": [], "sources": {"a": 1}}}])
def test_what_has_another_shape_syncs_nothing(value: dict[str, Any]) -> None:
    named = {"metadata": {"namespace": "a", "name": "b"}} | value
    assert read_application(named, FOLDER) is None
    assert read_kustomization(named, None, FOLDER) is None


@pytest.mark.parametrize(
    ("revision", "commit"),
    [
        (NEW, NEW),
        ("a" * 64, "a" * 64),
        (f"main@sha1:{NEW}", NEW),
        (f"sha1:{NEW}", NEW),
        (f"main/{NEW}", NEW),
        (f"latest@sha256:{'c' * 64}", ""),
        ("1.2.3", ""),
        (f"--upload-pack={NEW}", ""),
        (None, ""),
    ],
)
def test_only_a_commit_is_one(revision: object, commit: str) -> None:
    assert commit_in(revision) == commit


@pytest.mark.parametrize(
    "written", ["overlays/aws", "./overlays/aws", "/overlays/aws/", "overlays//aws"]
)
def test_a_folder_is_the_same_however_it_is_written(written: str) -> None:
    assert same_folder(written, "overlays/aws")
    assert not same_folder(written, "overlays/aws2")


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://git.example/Team/fleet", True),
        ("git@git.example:team/fleet.git", True),
        ("ssh://git@mirror.example/team/fleet.git/", True),
        ("https://git.example/other/fleet", False),
        ("", False),
    ],
)
def test_a_repository_is_the_same_over_another_protocol(url: str, *, same: bool) -> None:
    assert same_repository(url, ["https://me:token@git.example/team/fleet.git"]) is same
