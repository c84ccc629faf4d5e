"""What a stranger's repository may try: it gets a line that says what is wrong, no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
LOCAL = "overlays/local/kustomization.yaml"
CLASS = "overlays/aws/storageclass.yaml"
BROKEN_PATCH = "{kind: Secret, metadata: {nam: a}, stringData: {p: hunter2secret}}"
PROMOTE = ("promote", "release3", "--env", "aws")


def test_an_overlay_that_looks_like_an_option_is_a_folder(fleet: FleetCopy) -> None:
    folder = "--output=stolen.yaml"
    (fleet.root / "overlays/local").rename(fleet.root / folder)
    fleet.edit(f"{folder}/kustomization.yaml", "../../base", "../base")
    fleet.edit("fleetops.yaml", "overlays/local", folder)
    before = fleet.snapshot()
    assert fleet.run("validate").out == "local, aws: 39 manifests, ok\n"
    assert fleet.snapshot() == before


@pytest.mark.parametrize("kind", ["../apps/deployment", "a/b", "..", "Foo\\nBar"])
def test_a_kind_is_no_path_to_a_schema(kind: str, fleet: FleetCopy) -> None:
    text = f'---\napiVersion: example.com/v1\nkind: "{kind}"\nmetadata:\n  name: a\n'
    fleet.append(CLASS, text)
    assert "of a kind that cannot be" in fleet.refused("validate", "--env", "aws")


def test_a_message_is_one_line_and_no_command_to_a_runner(fleet: FleetCopy) -> None:
    forged = "x\\n::error file=a.py,line=1::forged\\nlocal, aws: 39 manifests, ok"
    service = (
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports: [{port: 80}]\n"
    )
    fleet.append(CLASS, f'{service}  selector: {{app: "{forged}"}}\n')
    (fleet.root / CLASS).rename(fleet.root / "overlays/aws/::error::a.yaml")
    fleet.edit(AWS, "storageclass.yaml", '"::error::a.yaml"')
    lines = fleet.run("validate", "--env", "aws").out.splitlines()
    assert len(lines) == 2
    (fleet.root / "overlays/aws/::error::a.yaml").write_text("a: [\n")
    lines += fleet.run("validate", "--env", "aws").out.splitlines()
    assert not [line for line in lines if line.lstrip().startswith(("::", "##["))]


@pytest.mark.parametrize(
    "text",
    [
        "secretGenerator:\n  - name: a\n    literals: [hunter2secret]\n",
        f"patchesStrategicMerge:\n  - '{BROKEN_PATCH}'\n",
        "secretGenerator:\n  - name: a\n    literals: [p=hunter2secret]\n",
    ],
)
def test_a_secret_is_in_no_output(text: str, fleet: FleetCopy) -> None:
    images = fleet.read(AWS).partition("images:")
    fleet.write(AWS, f"{images[0]}{text}{images[1]}{images[2]}")
    for words in ("validate",), PROMOTE, (*PROMOTE, "--dry-run"), ("status",):
        done = fleet.run(*words)
        assert "hunter2" not in done.out + done.err


def test_a_promotion_is_refused_where_a_part_of_the_overlay_has_no_effect(
    fleet: FleetCopy,
) -> None:
    fleet.append(AWS, "  - name: mongoo\n    newTag: 3.6.5\n")
    assert f"{AWS}:{fleet.line(AWS, 'mongoo')}: error: [unmatched-image]" in fleet.refused(*PROMOTE)


def test_what_a_base_cannot_reach_has_no_effect_there(fleet: FleetCopy) -> None:
    queue = "base/queue/kustomization.yaml"
    patch = "- op: add\\n  path: /spec/replicas\\n  value: 3\\n"
    fleet.append(queue, 'images:\n  - name: mongo\n    newTag: "9"\npatches:\n')
    fleet.append(queue, f'  - target: {{kind: Deployment, name: mongodb}}\n    patch: "{patch}"\n')
    assert fleet.json("validate", "--env", "aws").findings == [
        ("unmatched-image", queue, fleet.line(queue, "- name: mongo")),
        ("unmatched-patch", queue, fleet.line(queue, "target:")),
    ]


def test_many_entries_without_effect_are_found_in_bounded_time(fleet: FleetCopy) -> None:
    entries = "".join(f'  - name: typo/n{number}\n    newTag: "1"\n' for number in range(500))
    fleet.append(LOCAL, entries)
    findings = fleet.json("validate", "--env", "local").findings
    assert [check for check, _, _ in findings] == ["unmatched-image"] * 500


@pytest.mark.parametrize("text", ["%TAG !a! b\n" * 50_000, "a: '" + " " * 4_000_000 + "- at'\n"])
def test_text_that_takes_long_to_read_is_not_read_long(text: str, fleet: FleetCopy) -> None:
    fleet.write("releases/long.yaml", text)
    assert "releases/long.yaml" in fleet.refused(*PROMOTE)


def test_a_long_value_is_not_repeated(fleet: FleetCopy) -> None:
    limits = f'{{limits: {{memory: "{" " * 1_000_000}x"}}}}'
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
    fleet.append(CLASS, f'{pod}    - {{name: a, image: "a:1", resources: {limits}}}\n')
    (finding,) = fleet.json("validate", "--env", "aws").data["findings"]
    assert finding["check"] == "schema"
    assert len(finding["message"]) < 200


def test_two_services_cannot_be_renamed_to_one_image(fleet: FleetCopy) -> None:
    text = fleet.read(AWS)
    tracker = "  - name: richardchesterwood/k8s-fleetman-position-tracker\n"
    queue = "  - name: richardchesterwood/k8s-fleetman-queue\n"
    for entry in (tracker, queue):
        text = text.replace(entry, f"{entry}    newName: mirror.example/all\n")
    fleet.write(AWS, text)
    assert "would both run mirror.example/all" in fleet.refused(*PROMOTE)


def test_an_empty_document_behind_a_kustomization_is_no_matter(fleet: FleetCopy) -> None:
    fleet.append(AWS, "---\n")
    assert fleet.run(*PROMOTE).code == 0


@pytest.mark.parametrize("name", ["²", "٣", "9" * 200])
def test_a_release_file_may_have_an_odd_name(name: str, fleet: FleetCopy) -> None:
    fleet.write(f"releases/{name}.yaml", fleet.read("releases/release1.yaml"))
    assert "holds the release 'release1'" in fleet.refused(*PROMOTE)


def test_a_key_that_looks_like_a_message_is_an_unknown_key(fleet: FleetCopy) -> None:
    fleet.append("fleetops.yaml", '"x - at `$.nope[...].z`": 1\n')
    assert "unknown key" in fleet.refused(*PROMOTE)


def test_words_that_are_no_text_are_an_unknown_name(fleet: FleetCopy) -> None:
    done = fleet.run("promote", "release3", "--env", "a\udcff", "--output", "json")
    assert done.code == 2
    assert "unknown environment" in json.loads(done.out)["message"]


def test_a_secret_that_sops_has_encrypted_is_valid(fleet: FleetCopy) -> None:
    manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\n"
    data = "stringData: {p: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'}\nsops: {mac: a}\n"
    fleet.append(CLASS, f"---\n{manifest}{data}")
    assert fleet.run("validate", "--env", "aws").code == 0
