"""A promotion edits the images of one overlay, proves it, and otherwise changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
LOCAL = "overlays/local/kustomization.yaml"
IMAGES = "richardchesterwood/k8s-fleetman-"
DIGEST = "36c43961214ceb71fcc5bf510d525c7c8971ef142fd938815dad336bec0a9b04"


def test_edits_the_bytes_of_the_tag_and_nothing_else(fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    done = fleet.run("promote", "release3", "--env", "aws")
    assert (done.code, done.err) == (0, "")
    assert "aws goes from release2 to release3" in done.out
    assert done.out.endswith(f"wrote {AWS}; commit it, and the controller syncs it\n")
    after = fleet.snapshot()
    assert {path for path in after if after[path] != before[path]} == {AWS}
    assert before.keys() == after.keys()
    mode, _, content = before[AWS]
    entry = f"{IMAGES}position-tracker\n    newTag: release".encode()
    assert after[AWS][0] == mode
    assert after[AWS][2] == content.replace(entry + b"2", entry + b"3")


def test_keeps_the_mode_of_the_file(fleet: FleetCopy) -> None:
    (fleet.root / AWS).chmod(0o640)
    assert fleet.run("promote", "release3", "--env", "aws").code == 0
    assert (fleet.root / AWS).stat().st_mode & 0o7777 == 0o640


def test_can_be_gone_back_to_the_byte(fleet: FleetCopy) -> None:
    before = fleet.read(AWS)
    for release in ("release3", "release1", "release2"):
        assert fleet.run("promote", release, "--env", "aws", "--force-order").code == 0
    assert fleet.read(AWS) == before


def test_a_dry_run_prints_the_difference_and_writes_nothing(fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    done = fleet.run("promote", "release3", "--env", "aws", "--dry-run")
    assert done.code == 0
    assert f"--- a/{AWS}\n+++ b/{AWS}\n" in done.out
    assert "\n-    newTag: release2\n+    newTag: release3\n" in done.out
    assert fleet.snapshot() == before


def test_what_runs_already_is_left_untouched(fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    done = fleet.run("promote", "release3", "--env", "local")
    assert (done.code, done.out) == (0, "local runs release3 already; nothing changes\n")
    (one,) = fleet.json("promote", "release3", "--env", "local").data["environments"]
    assert one["outcome"] == "unchanged"
    assert fleet.snapshot() == before


def test_works_from_any_folder_of_the_repository(fleet: FleetCopy) -> None:
    words = ("-C", str(fleet.root / "overlays" / "aws"), "promote", "release3", "--env", "aws")
    assert fleet.run(*words).code == 0
    assert "release3" in fleet.read(AWS)


def test_a_release_passes_the_environments_in_their_order(fleet: FleetCopy) -> None:
    said = fleet.refused("promote", "release1", "--env", "aws")
    assert "local runs release3, and release1 has to run there first" in said
    assert "fleetops promote release1 --env local, or --force-order here" in said
    assert fleet.run("promote", "release1", "--env", "local").code == 0
    assert fleet.run("promote", "release1", "--env", "aws").code == 0


def test_the_order_can_be_forced(fleet: FleetCopy) -> None:
    assert fleet.run("promote", "release1", "--env", "aws", "--force-order").code == 0
    assert fleet.read(AWS).count("newTag: release1") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("relase3", "--env", "aws"), "unknown release 'relase3' (did you mean release3?)"),
        (("release3", "--env", "asw"), "unknown environment 'asw' (did you mean aws?)"),
        (("v9", "--env", "aws"), "unknown release 'v9' (known: release1, release2, release3)"),
        (("release3",), "the following arguments are required: -e/--env"),
        (("--env", "aws"), "the following arguments are required: RELEASE"),
        (("release3", "--env", "aws", "--dry"), "unrecognized arguments: --dry"),
    ],
)
def test_what_does_not_exist_is_a_mistake_in_usage(
    words: tuple[str, ...], said: str, fleet: FleetCopy
) -> None:
    assert said in fleet.refused("promote", *words, code=2)


def test_a_mirror_of_the_registry_stays(fleet: FleetCopy) -> None:
    mirror = "newName: mirror.example.com:5000/tracker"
    fleet.edit(AWS, f"{IMAGES}position-tracker\n", f"{IMAGES}position-tracker\n    {mirror}\n")
    (done,) = fleet.json("promote", "release3", "--env", "aws").data["environments"]
    assert [one["after"] for one in done["changes"]] == ["mirror.example.com:5000/tracker:release3"]
    assert f"    {mirror}\n    newTag: release3\n" in fleet.read(AWS)
    assert "aws          release3" in fleet.run("status").out


def test_a_digest_is_pinned_and_taken_out_again(fleet: FleetCopy) -> None:
    before = fleet.read(AWS)
    digest = f"digest:\n      sha256: {DIGEST}\n      seen: in the registry, on 2024-05-01\n"
    fleet.edit("releases/release3.yaml", "    tag: release3\n", f"    tag: release3\n    {digest}")
    assert fleet.run("promote", "release3", "--env", "local").code == 0
    assert fleet.run("promote", "release3", "--env", "aws").code == 0
    assert f"    newTag: release3\n    digest: sha256:{DIGEST}\n" in fleet.read(AWS)
    assert fleet.json("releases").data["releases"][2]["environments"] == ["local", "aws"]
    assert fleet.run("promote", "release2", "--env", "aws", "--force-order").code == 0
    assert fleet.read(AWS) == before


def test_entries_that_are_missing_are_added(fleet: FleetCopy) -> None:
    whole = fleet.read(AWS)
    fleet.write(AWS, whole[: whole.index("images:")])
    (done,) = fleet.json("promote", "release3", "--env", "aws").data["environments"]
    assert done["before"] is None
    assert len(done["changes"]) == 4
    assert fleet.run("promote", "release2", "--env", "aws", "--force-order").code == 0
    assert fleet.read(AWS) == whole


def test_an_image_that_the_base_pins_is_overridden(fleet: FleetCopy) -> None:
    fleet.append(
        "base/queue/kustomization.yaml", f"images:\n  - name: {IMAGES}queue\n    newTag: release1\n"
    )
    assert fleet.run("promote", "release2", "--env", "local").code == 0


def test_a_symbolic_link_stays_one_and_its_target_is_edited(fleet: FleetCopy) -> None:
    (fleet.root / AWS).rename(fleet.root / "overlays/aws/overlay.yaml")
    (fleet.root / AWS).symlink_to("overlay.yaml")
    assert fleet.run("promote", "release3", "--env", "aws").code == 0
    assert (fleet.root / AWS).is_symlink()
    assert "newTag: release3" in fleet.read("overlays/aws/overlay.yaml")


DECIDED_ELSEWHERE = {
    "an entry of the same name": f"  - name: {IMAGES}queue\n    newTag: release2\n",
    "an entry that renames to it": (
        f"  - name: mongo\n    newName: {IMAGES}queue\n    newTag: release2\n"
    ),
    "a transformer": f"""transformers:
  - |-
    apiVersion: builtin
    kind: ImageTagTransformer
    metadata:
      name: queue
    imageTag:
      name: {IMAGES}queue
      newTag: release2
""",
    "a replacement": f"""replacements:
  - sourceValue: {IMAGES}queue:release2
    targets:
      - select:
          name: queue
          kind: Deployment
        fieldPaths:
          - spec.template.spec.containers.0.image
""",
}


@pytest.mark.parametrize("addition", DECIDED_ELSEWHERE.values(), ids=DECIDED_ELSEWHERE.keys())
def test_refused_where_something_else_decides_the_image(addition: str, fleet: FleetCopy) -> None:
    fleet.append(LOCAL, addition)
    assert LOCAL in fleet.refused("promote", "release1", "--env", "local")


def test_refused_where_an_entry_matches_nothing(fleet: FleetCopy) -> None:
    fleet.edit("base/queue/deployment.yaml", f"image: {IMAGES}queue", "image: example.com/queue:1")
    said = fleet.refused("promote", "release1", "--env", "local")
    assert f"no workload would run {IMAGES}queue:release1: the entry of queue matches" in said


def test_refused_where_an_image_is_copied_elsewhere(fleet: FleetCopy) -> None:
    fleet.append(
        LOCAL,
        """replacements:
  - source: {kind: Deployment, name: queue, fieldPath: spec.template.spec.containers.0.image}
    targets:
      - select: {kind: Deployment, name: queue}
        fieldPaths: [metadata.annotations.image]
        options: {create: true}
""",
    )
    said = fleet.refused("promote", "release1", "--env", "local")
    assert "queue: metadata.annotations.image would change, and the release does not" in said


def test_refused_where_a_check_fails_anywhere_in_the_environment(fleet: FleetCopy) -> None:
    patch = "overlays/local/patches/mongodb.yaml"
    fleet.edit(patch, "image: mongo", "image: busybox:latest")
    said = fleet.refused("promote", "release2", "--env", "local")
    assert f"{patch}:{fleet.line(patch, 'busybox')}: error: [floating-tag] local: " in said
    assert "with release2 the environment has 1 error\n" in said


@pytest.mark.parametrize(("words", "code"), [(("release1",), 1), (("release3",), 1), (("v9",), 2)])
def test_a_refusal_is_json_too_where_that_is_asked_for(
    words: tuple[str, ...], code: int, fleet: FleetCopy
) -> None:
    fleet.edit("overlays/aws/storageclass.yaml", "provisioner: ", "provisoner: ")
    before = fleet.snapshot()
    done = fleet.json("promote", "--env", "aws", *words)
    assert (done.code, done.data["command"], done.data["exit_code"]) == (code, "error", code)
    assert fleet.snapshot() == before


def test_the_result_names_what_changes(fleet: FleetCopy) -> None:
    data = fleet.json("promote", "release3", "--env", "aws", "--dry-run").data
    assert data["environments"][0].pop("diff").startswith(f"--- a/{AWS}\n")
    assert data == {
        "command": "promote",
        "version": 1,
        "release": "release3",
        "rollback": False,
        "environments": [
            {
                "environment": "aws",
                "before": "release2",
                "file": AWS,
                "outcome": "planned",
                "changes": [
                    {
                        "service": "position-tracker",
                        "resource": "Deployment/fleetman/position-tracker",
                        "container": "position-tracker",
                        "before": f"{IMAGES}position-tracker:release2",
                        "after": f"{IMAGES}position-tracker:release3",
                    }
                ],
            }
        ],
        "findings": [],
        "accepted": [],
        "deliveries": [],
    }
