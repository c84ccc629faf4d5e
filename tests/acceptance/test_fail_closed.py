"""Nothing passes because it was not looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fleetcopy import programs_on_path

if TYPE_CHECKING:
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
CLASS = "overlays/aws/storageclass.yaml"
SERVICE = "base/queue/service.yaml"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n"
BROKEN = "apiVersion: v1\nkind: Service\nmetadata:\n  name: extra\nspec:\n  portz: []\n"
WIDGET = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: 1\n"


def indented(text: str) -> str:
    first, *rest = text.splitlines()
    return "\n".join([f"  - {first}", *(f"    {line}" for line in rest)]) + "\n"


ADDED = {
    "a second document": f"---\n{BROKEN}",
    "a document behind an end": f"...\n---\n{BROKEN}",
    "an item of a List": f"---\napiVersion: v1\nkind: List\nitems:\n{indented(BROKEN)}",
    "an item of a List in a List": (
        "---\napiVersion: v1\nkind: List\nitems:\n"
        + indented(f"apiVersion: v1\nkind: List\nitems:\n{indented(BROKEN)}")
    ),
    "JSON": '---\n{"apiVersion": "v1", "kind": "Service",'
    ' "metadata": {"name": "extra"}, "spec": {"portz": []}}\n',
}


@pytest.mark.parametrize("text", ADDED.values(), ids=ADDED.keys())
def test_a_broken_object_is_found_in(text: str, fleet: FleetCopy) -> None:
    fleet.append(CLASS, text)
    done = fleet.json("validate", "--env", "aws")
    assert done.code == 1
    assert done.data["manifests"] == 20
    assert [one["path"] for one in done.data["findings"]] == ["spec.portz"]
    assert [one["file"] for one in done.data["findings"]] == [CLASS]


@pytest.mark.parametrize("name", ["service", "service.txt", "service.YAML", "-service.yaml"])
def test_a_broken_file_is_found_whatever_its_name(name: str, fleet: FleetCopy) -> None:
    fleet.edit(SERVICE, "targetPort: console", "targetPrt: console")
    (fleet.root / SERVICE).rename(fleet.root / "base/queue" / name)
    fleet.edit("base/queue/kustomization.yaml", "service.yaml", f"./{name}")
    done = fleet.json("validate", "--env", "aws")
    assert done.findings == [("schema", f"base/queue/{name}", 11)]


def test_a_broken_file_is_found_behind_a_link_to_its_folder(fleet: FleetCopy) -> None:
    fleet.edit(SERVICE, "targetPort: console", "targetPrt: console")
    (fleet.root / "base/queue").rename(fleet.root / "queue")
    (fleet.root / "base/queue").symlink_to("../queue")
    done = fleet.json("validate", "--env", "aws")
    assert done.findings == [("schema", "queue/service.yaml", 11)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\nkind: ConfigMap\n", "missing metadata.name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ''\n", "missing metadata.name"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 12\n", "without metadata.name"),
        ("apiVersion: v1\nmetadata:\n  name: a\n", "missing kind"),
        ("kind: ConfigMap\nmetadata:\n  name: a\n", "without kind and apiVersion"),
        ("- apiVersion: v1\n", "storageclass.yaml"),
        ("apiVersion: v1\nkind: List\n", "is a List without metadata.name"),
        ("apiVersion: v1\nkind: List\nitems: none\n", "expected array in List/items"),
        (f"{BROKEN}spec: {{}}\n", "has the key 'spec' twice"),
    ],
)
def test_what_is_no_object_is_refused(text: str, said: str, fleet: FleetCopy) -> None:
    fleet.append(CLASS, f"---\n{text}")
    assert said in fleet.refused("validate", "--env", "aws")


@pytest.mark.parametrize("text", ["resources: []\n", "namespace: fleetman\n"])
def test_an_overlay_that_renders_nothing_is_refused(text: str, fleet: FleetCopy) -> None:
    fleet.write(AWS, text)
    done = fleet.json("validate")
    assert done.findings == [("unrenderable", AWS, 1)]
    assert done.code == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# Nothing but a comment.\n---\n", 1),
        (f"{CONFIG}...\n{CONFIG}", 6),
    ],
)
def test_what_a_file_does_not_bring_into_the_render_is_named(
    text: str, line: int, fleet: FleetCopy
) -> None:
    fleet.write("overlays/aws/extra.yaml", text)
    fleet.edit(AWS, "  - storageclass.yaml\n", "  - storageclass.yaml\n  - extra.yaml\n")
    findings = fleet.json("validate", "--env", "aws").findings
    assert ("unread-source", "overlays/aws/extra.yaml", line) in findings


def test_what_cannot_be_rendered_does_not_hide_the_other_environments(fleet: FleetCopy) -> None:
    fleet.write(AWS, "resources: [\n")
    fleet.edit("overlays/local/kustomization.yaml", "newTag: release3", "newTag: latest")
    found = {(check, file) for check, file, _ in fleet.json("validate").findings}
    assert {("unrenderable", AWS), ("floating-tag", "overlays/local/kustomization.yaml")} <= found
    (local, aws) = fleet.json("status").data["environments"]
    (said,) = aws["off"]
    assert said.startswith(f"cannot be rendered: {AWS}:2: is not YAML: ")
    assert local["services"][2]["versions"] == [":latest"]


@pytest.mark.parametrize("value", ["1e3", "0o17", "1_000", "0x1f", "1.", "2024"])
def test_a_plain_word_that_go_reads_as_a_number_is_no_string(value: str, fleet: FleetCopy) -> None:
    tracker = "base/position-tracker/deployment.yaml"
    fleet.edit(tracker, "value: production-microservice", f"value: {value}")
    line = fleet.line(tracker, f"value: {value}")
    assert fleet.json("validate", "-e", "aws").findings == [("schema", tracker, line)]


@pytest.mark.parametrize("value", ["on", "n", "1:30", "2024-05-01", "="])
def test_a_plain_word_that_kustomize_quotes_is_a_string(value: str, fleet: FleetCopy) -> None:
    tracker = "base/position-tracker/deployment.yaml"
    fleet.edit(tracker, "value: production-microservice", f"value: {value}")
    assert fleet.json("validate", "-e", "aws").findings == []


def test_the_same_object_in_two_versions(fleet: FleetCopy) -> None:
    for version in ("v1", "v2"):
        fleet.append(
            CLASS,
            f"---\napiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\n"
            "metadata:\n  name: queue\nspec:\n  maxReplicas: 2\n  scaleTargetRef:\n"
            "    apiVersion: apps/v1\n    kind: Deployment\n    name: queue\n",
        )
    checks = [check for check, _, _ in fleet.json("validate", "-e", "aws").findings]
    assert "duplicate-resource" in checks


def with_schema(fleet: FleetCopy, text: str | None) -> None:
    """Add an object of a kind of its own, and a folder for its schema."""
    fleet.append(CLASS, WIDGET)
    fleet.edit("fleetops.yaml", "catalogue: releases\n", "schemas:\n  - crds\n")
    fleet.write("crds/README", "Schemas.\n")
    if text is not None:
        fleet.write("crds/example.com/widget_v1.json", text)


def sized(kind: str) -> str:
    size = {"type": "object", "properties": {"size": {"type": kind}}}
    return json.dumps({"type": "object", "properties": {"spec": size}})


def test_an_object_with_a_schema_of_its_own_passes(fleet: FleetCopy) -> None:
    with_schema(fleet, sized("integer"))
    assert fleet.run("validate").code == 0


@pytest.mark.parametrize(
    ("text", "check", "line"),
    [
        (sized("string"), "schema", "size: 1"),
        (None, "unknown-kind", "apiVersion: example.com"),
        ('{"type": "objekt"}', "unknown-kind", "apiVersion: example.com"),
    ],
    ids=["says otherwise", "is not there", "is no schema"],
)
def test_an_object_does_not_pass_where_its_schema(
    text: str | None, check: str, line: str, fleet: FleetCopy
) -> None:
    with_schema(fleet, text)
    found = fleet.json("validate", "-e", "aws").findings
    assert found == [(check, CLASS, fleet.line(CLASS, line))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{"type": "\udcff"}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"$ref": "https://example.com/a"}', "refers to https://example.com/a, and nothing"),
        ('{"items": [{"\\u0024ref": "/etc/a.json"}]}', "refers to /etc/a.json"),
        ('{"$schema": "https://example.com/draft-07"}', "refers to https://example.com/draft-07"),
    ],
)
def test_a_schema_is_refused_that_cannot_be_read_or_leads_away(
    text: str, said: str, fleet: FleetCopy
) -> None:
    with_schema(fleet, None)
    fleet.write("crds/example.com/widget_v1.json", text.encode(errors="surrogateescape"))
    refusal = fleet.refused("validate")
    assert refusal.startswith(f"fleetops: crds/example.com/widget_v1.json: {said}")


def test_a_schema_may_refer_to_itself_and_say_its_draft(fleet: FleetCopy) -> None:
    draft = '"$schema": "http://json-schema.org/draft-07/schema#"'
    with_schema(fleet, f'{{{draft}, "$ref": "#/$defs/a", "$defs": {{"a": {{"type": "object"}}}}}}')
    assert fleet.run("validate").code == 0


@pytest.mark.parametrize("file", ["crds/example.com", "crds/example.com/widget_v1.json"])
def test_a_schema_is_not_read_out_of_the_repository(file: str, fleet: FleetCopy) -> None:
    with_schema(fleet, sized("integer"))
    away = fleet.root.parent / "away"
    (fleet.root / file).rename(away)
    (fleet.root / file).symlink_to(away)
    assert f"{file}: " in fleet.refused("validate")


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("none", "none does not exist"),
        ("fleetops.yaml", "fleetops.yaml is no folder, and defines no custom resource"),
        ("../tmp", "../tmp leads out of the repository"),
        ("/etc", "/etc leads out of the repository"),
    ],
)
def test_a_folder_of_schemas_that_is_none(folder: str, said: str, fleet: FleetCopy) -> None:
    fleet.append("fleetops.yaml", f"schemas:\n  - base\n  - {folder}\n")
    line = fleet.line("fleetops.yaml", f"  - {folder}")
    assert f"fleetops.yaml:{line}: {said}\n" in fleet.refused("validate")


LIES = {
    "that it saw less": '"$REAL" "$@" | sed "s/\\"valid\\": 19/\\"valid\\": 18/"',
    "that it skipped": '"$REAL" "$@" | sed "s/\\"skipped\\": 0/\\"skipped\\": 1/"',
    "nothing": "exit 0",
    "something else": "echo all is well",
    "nothing of the objects": 'echo "{}"',
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_kubeconform_is_not_believed_that_says(
    lie: str, fleet: FleetCopy, tmp_path: Path
) -> None:
    programs = programs_on_path(tmp_path, kubeconform=lie)
    said = fleet.refused("validate", "-e", "aws", code=3, environment=programs)
    assert said.startswith("fleetops: kubeconform ")


def test_an_object_does_not_pass_where_kubeconform_gives_no_reason(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    fleet.edit(SERVICE, "targetPort: console", "targetPrt: console")
    words = "additional properties .targetPrt. not allowed"
    silent = f'"$REAL" "$@" | sed "s/{words}/validation failed/"'
    done = fleet.json("validate", "-e", "aws", **programs_on_path(tmp_path, kubeconform=silent))
    assert done.findings == [("schema", SERVICE, 1)]
