"""What `status --live` and `wait` say beside the real Argo CD and Flux."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from fleetcopy import FleetCopy
from fleetops.api.schemas import schema

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import Done
    from gitops.synced import Synced

pytestmark = pytest.mark.cluster

TRACKER = "richardchesterwood/k8s-fleetman-position-tracker"
REFUSED = "provided port is not in the valid range. The range of valid ports is 30000-32767"
OBJECTS = {
    "argocd": "Application/argocd/fleetman-local",
    "flux": "Kustomization/flux-system/fleetman-local",
}
STATES = {"argocd": ["Synced", "Healthy"], "flux": ["Ready"]}


def where(synced: Synced) -> tuple[str, str]:
    return "--kubeconfig", str(synced.controller.cluster.kubeconfig)


def status(synced: Synced, clone: FleetCopy | None = None) -> dict[str, Any]:
    """Give what the cluster runs of local; aws has to be known for absent."""
    done = (clone or synced.clone).json("status", "--live", *where(synced))
    assert done.code == 0
    local, aws = done.data["environments"]
    assert aws["live"] is None
    return dict(local["live"])


def text(synced: Synced) -> str:
    return synced.clone.run("status", "--live", *where(synced)).out


def wait_words(synced: Synced, release: str, timeout: int = 60) -> tuple[str, ...]:
    asked = ("wait", "--env", "local", "--release", release, "--timeout", str(timeout))
    return (*asked, *where(synced), "--output", "json")


def wait(synced: Synced, release: str, timeout: int = 60) -> Done:
    done = synced.clone.run(*wait_words(synced, release, timeout))
    jsonschema.validate(done.data, schema("wait"))
    return done


def commit(synced: Synced) -> str:
    """Commit, and do not push."""
    synced.git("add", "--all")
    synced.git("commit", "--quiet", "--message", "a change")
    return synced.git("rev-parse", "HEAD")


def test_what_is_synced_is_said_to_be(synced: Synced) -> None:
    live = status(synced)
    head = synced.git("rev-parse", "HEAD")
    here = {"commit": head, "relation": "same", "behind": 0, "ahead": 0, "changed": False}
    assert live["syncs"] == [
        {
            "controller": synced.controller.name,
            "resource": OBJECTS[synced.controller.name],
            "repository": synced.repository,
            "states": STATES[synced.controller.name],
            "ok": True,
            "failed": False,
            "applied": here,
            "attempted": here,
            "messages": [],
            "elsewhere": None,
        }
    ]
    assert (live["release"], live["drift"]) == ("release3", [])
    assert {one["waits_for"] for one in live["rollouts"]} == {None}
    said = f"has applied {head[:12]}, the commit of this work tree\n"
    assert said in text(synced)


def test_a_wait_returns_when_a_pushed_promotion_is_synced(synced: Synced) -> None:
    synced.promote("release2", "local")
    head = commit(synced)
    (behind,) = status(synced)["syncs"]
    assert (behind["applied"]["relation"], behind["applied"]["behind"]) == ("behind", 1)
    assert behind["applied"]["changed"]
    process = synced.clone.start(*wait_words(synced, "release2"))
    assert process.stderr is not None
    assert "waiting: position-tracker runs release3" in process.stderr.readline()
    synced.git("push", "--quiet", "origin", "HEAD:main")
    synced.notice("local")
    done = synced.clone.end(process)
    assert (done.code, done.data["outcome"], done.data["waiting"]) == (0, "reached", [])
    (sync,) = done.data["live"]["syncs"]
    assert (sync["ok"], sync["applied"]["commit"]) == (True, head)
    assert synced.image("position-tracker") == f"{TRACKER}:release2"


def test_what_the_api_server_refuses_is_said_and_ends_the_wait(synced: Synced) -> None:
    synced.promote("release2", "local")
    synced.clone.edit("overlays/local/service.yaml", "nodePort: 30010", "nodePort: 80")
    head = synced.push("local")
    done = wait(synced, "release2", timeout=300)
    assert (done.code, done.data["outcome"]) == (1, "failed")
    assert done.data["seconds"] < 60
    for sync in (*done.data["live"]["syncs"], *status(synced)["syncs"]):
        assert (sync["ok"], sync["failed"]) == (False, True)
        assert (sync["attempted"]["commit"], sync["attempted"]["relation"]) == (head, "same")
        assert (sync["applied"]["relation"], sync["applied"]["behind"]) == ("behind", 1)
        assert any(REFUSED in message for message in sync["messages"])
    said = text(synced)
    assert REFUSED in said
    assert f"the sync failed of {head[:12]}, the commit of this work tree\n" in said


def test_a_failure_of_an_earlier_commit_does_not_end_a_wait(synced: Synced) -> None:
    synced.clone.edit("overlays/local/service.yaml", "nodePort: 30010", "nodePort: 80")
    refused = synced.push("local")
    synced.wait_until("local", refused, lambda state: REFUSED in state.message)
    synced.git("revert", "--no-commit", refused)
    synced.promote("release2", "local")
    commit(synced)
    done = wait(synced, "release2", timeout=3)
    assert (done.code, done.data["outcome"]) == (1, "timeout")
    synced.git("push", "--quiet", "origin", "HEAD:main")
    synced.notice("local")
    assert wait(synced, "release2").code == 0


def test_a_commit_that_leaves_the_overlay_as_it_is_is_not_waited_for(synced: Synced) -> None:
    synced.clone.write("notes.md", "Nothing of the fleet.\n")
    commit(synced)
    assert "1 commit behind this work tree, with the same overlay\n" in text(synced)
    assert wait(synced, "release3", timeout=3).code == 0


def heal(synced: Synced, *, by_itself: bool) -> None:
    """Have the controller heal what is edited by hand, or leave it."""
    spec: dict[str, Any] = {"suspend": not by_itself}
    if synced.controller.name == "argocd":
        spec = {"syncPolicy": {"automated": {"selfHeal": by_itself}}}
    name = (synced.controller.resource, "fleetman-local", "--type=merge")
    synced.controller.own("patch", *name, "-p", json.dumps({"spec": spec}))


def test_a_drift_is_shown(synced: Synced) -> None:
    set_image = ("set", "image", "deployment/position-tracker")

    def edited() -> dict[str, Any]:
        changed = f"position-tracker={TRACKER}:release1"
        synced.controller.kubectl("-n", "fleetman", *set_image, changed)
        return status(synced)

    heal(synced, by_itself=False)
    try:
        # A sync that is under way may heal it once more.
        live = synced.controller.wait(edited, lambda live: bool(live["drift"]))
    finally:
        heal(synced, by_itself=True)
    assert (live["release"], live["services"][2]["versions"]) == (None, [":release1"])
    assert live["drift"] == [
        {
            "resource": "Deployment/fleetman/position-tracker",
            "container": "position-tracker",
            "live": f"{TRACKER}:release1",
            "rendered": f"{TRACKER}:release3",
        }
    ]


def test_a_commit_that_is_not_in_the_repository_is_said_not_to_be(
    synced: Synced, tmp_path: Path
) -> None:
    shutil.copytree(synced.clone.root, tmp_path / "repository")
    (tmp_path / "tmp").mkdir()
    head = synced.sync("local")
    (sync,) = status(synced, FleetCopy(tmp_path / "repository"))["syncs"]
    assert (sync["applied"]["commit"], sync["applied"]["relation"]) == (head, "absent")
