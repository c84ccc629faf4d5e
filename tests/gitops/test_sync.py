"""What is promoted is synced, what is refused is said, and what holds data is never pruned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.argocd import ArgoCD
from gitops.flux import Flux

if TYPE_CHECKING:
    from gitops.synced import Synced

pytestmark = pytest.mark.cluster

TRACKER = "richardchesterwood/k8s-fleetman-position-tracker"
KEPT = ("namespace/fleetman", "pvc/mongo-pvc", "pv/fleetman-mongodb")
CLASS = "storageclass/fleetman-mongodb"
WORKLOADS = (
    "deployment/queue",
    "deployment/position-simulator",
    "deployment/position-tracker",
    "deployment/mongodb",
)
UNGUARDED = "service/fleetman-queue-console"
REFUSED = "provided port is not in the valid range. The range of valid ports is 30000-32767"


def test_a_promotion_is_synced_and_a_rollback_commit_rolls_back(synced: Synced) -> None:
    kept = synced.uids(*KEPT)
    assert len(kept) == len(KEPT)
    synced.promote("release2", "local")
    before = synced.sync("local")
    assert synced.image("position-tracker") == f"{TRACKER}:release2"
    synced.promote("release3", "local")
    synced.sync("local")
    assert synced.image("position-tracker") == f"{TRACKER}:release3"
    synced.git("revert", "--no-commit", f"{before}..HEAD")
    synced.sync("local")
    assert synced.image("position-tracker") == f"{TRACKER}:release2"
    assert synced.uids(*KEPT) == kept
    assert synced.get("pvc", "mongo-pvc")["status"]["phase"] == "Bound"


@pytest.mark.parametrize(
    ("resource", "edit"),
    [
        ("deployment/position-tracker", f"set image {{}} position-tracker={TRACKER}:release1"),
        ("deployment/position-tracker", "scale {} --replicas=0"),
        ("networkpolicy/default-deny", "delete {}"),
    ],
    ids=["image", "replicas", "deletion"],
)
def test_a_hand_edit_is_healed(synced: Synced, resource: str, edit: str) -> None:
    kind, name = resource.split("/")
    before = synced.get(kind, name)
    synced.controller.kubectl("-n", "fleetman", *edit.format(resource).split())
    synced.notice("local")
    after = synced.controller.wait(
        lambda: synced.get(kind, name), lambda now: now.get("spec") == before["spec"]
    )
    # The edit was one change of it, or ended it, and the healing another.
    again = after["metadata"]["uid"] != before["metadata"]["uid"]
    assert again or after["metadata"]["generation"] == before["metadata"]["generation"] + 2


def test_what_holds_data_stays_when_it_leaves_the_render(synced: Synced) -> None:
    kept = synced.uids(*KEPT)
    assert synced.uids(UNGUARDED)
    overlay = "overlays/local/kustomization.yaml"
    synced.clone.edit("base/kustomization.yaml", "  - namespace.yaml\n", "")
    synced.clone.edit("base/mongodb/kustomization.yaml", "  - persistentvolumeclaim.yaml\n", "")
    synced.clone.edit(overlay, "  - persistentvolume.yaml\n", "")
    synced.clone.edit(overlay, "  - service.yaml\n", "")
    synced.clone.edit(overlay, "  - path: patches/namespace.yaml\n", "")
    synced.sync("local")
    assert synced.uids(UNGUARDED) == {}
    assert synced.uids(*KEPT) == kept


def test_what_has_lost_its_guard_goes_when_it_leaves_the_render(synced: Synced) -> None:
    service, overlay = "overlays/local/service.yaml", "overlays/local/kustomization.yaml"
    text = synced.clone.read(service)
    guards = {one.guard for one in (ArgoCD, Flux)}
    for kept, left in ((True, guards), (False, guards - {synced.controller.guard})):
        lines = "".join(f"    {one}\n" for one in sorted(left))
        guarded = text.replace("  labels:\n", f"  annotations:\n{lines}  labels:\n")
        synced.clone.write(service, guarded)
        synced.sync("local")
        before = synced.uids(UNGUARDED)
        assert before
        synced.clone.edit(overlay, "  - service.yaml\n", "")
        synced.sync("local")
        assert synced.uids(UNGUARDED) == (before if kept else {})
        synced.clone.edit(overlay, "resources:\n", "resources:\n  - service.yaml\n")


def test_what_is_suspended_or_heals_no_longer_leaves_a_hand_edit(synced: Synced) -> None:
    controller = synced.controller

    def leaves_it_alone() -> bool:
        synced.notice("local")
        return controller.leaves_alone("local")

    for patch in controller.pauses:
        synced.restore("local")
        controller.pause("local", patch)
        try:
            controller.kubectl("-n", "fleetman", "scale", "deployment/queue", "--replicas=0")
            controller.wait(leaves_it_alone, bool)
            assert synced.get("deployment", "queue")["spec"]["replicas"] == 0
        finally:
            # To wire it again would not resume it.
            controller.unwire("local")


def test_what_syncs_another_folder_deletes_what_the_former_had(synced: Synced) -> None:
    kept = synced.uids(*KEPT)
    synced.clone.write("other/kustomization.yaml", "resources: [account.yaml]\n")
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: fleetman}\n"
    synced.clone.write("other/account.yaml", account)
    synced.sync("local")
    assert len(synced.uids(*WORKLOADS)) == len(WORKLOADS)
    synced.controller.patch("local", synced.controller.aim % "other")
    synced.notice("local")
    gone = synced.controller.wait(lambda: synced.uids(*WORKLOADS, UNGUARDED), lambda it: not it)
    assert gone == {}
    assert synced.uids(*KEPT) == kept


def test_what_holds_data_stays_when_everything_is_deleted(synced: Synced) -> None:
    kept = synced.uids(*KEPT)
    synced.controller.cascade("local")
    synced.controller.unwire("local")
    assert synced.uids(*WORKLOADS, UNGUARDED) == {}
    assert synced.uids(*KEPT) == kept


def test_the_class_of_aws_stays_when_it_leaves_the_render_and_when_everything_is_deleted(
    synced: Synced,
) -> None:
    # The claim is bound to the volume of local by then: no driver has to provision one.
    kept = synced.uids(*KEPT)
    synced.controller.unwire("local")
    synced.controller.wire("aws", synced.repository)
    synced.sync("aws")
    kept |= synced.uids(CLASS)
    assert len(kept) == len(KEPT) + 1
    synced.clone.edit("overlays/aws/kustomization.yaml", "  - storageclass.yaml\n", "")
    synced.sync("aws")
    assert synced.uids(*KEPT, CLASS) == kept
    synced.controller.cascade("aws")
    synced.controller.unwire("aws")
    assert synced.uids(*WORKLOADS) == {}
    assert synced.uids(*KEPT, CLASS) == kept


def test_to_delete_what_syncs_stops_nothing(synced: Synced) -> None:
    before = synced.uids(*KEPT, *WORKLOADS, UNGUARDED)
    synced.controller.unwire("local")
    assert synced.uids(*KEPT, *WORKLOADS, UNGUARDED) == before


def test_what_the_api_server_refuses_is_said_and_the_next_commit_is_the_way_out(
    synced: Synced,
) -> None:
    synced.promote("release2", "local")
    synced.clone.edit("overlays/local/service.yaml", "nodePort: 30010", "nodePort: 80")
    refused = synced.push("local")
    state = synced.wait_until("local", refused, lambda state: REFUSED in state.message)
    assert not state.ready
    synced.git("revert", "--no-commit", refused)
    synced.sync("local")
    assert synced.image("position-tracker") == f"{TRACKER}:release3"
