"""A field of a rendered object leads back to the line that decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetops.files import Repository
from fleetops.kustomization import Tracer, read_closure
from fleetops.manifests import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: queue
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: sidecar
          image: sidecar:1
        - name: queue
          image: example.com/queue
          env:
            - name: A
              value: a
"""
CONTAINERS = ("spec", "template", "spec", "containers")
QUEUE = (*CONTAINERS, 0)
"""The render has the containers in another order."""
RENDER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: prod-queue
  namespace: fleet
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: queue
          image: example.com/queue:2
          env:
            - name: B
              value: b
            - name: A
              value: a
        - name: sidecar
          image: sidecar:1
"""


def traced(
    folder: Path, overlay: str, files: Mapping[str, str], render: str = RENDER
) -> tuple[Tracer, Manifest]:
    """Give what traces RENDER in an overlay over BASE and in patch files, and the render."""
    (folder / "base").mkdir()
    (folder / "base/kustomization.yaml").write_text("resources:\n  - deployment.yaml\n")
    (folder / "base/deployment.yaml").write_text(BASE)
    (folder / "overlay").mkdir()
    (folder / "overlay/kustomization.yaml").write_text(f"resources:\n  - ../base\n{overlay}")
    for name, text in files.items():
        (folder / "overlay" / f"{name}.yaml").write_text(text)
    repository = Repository.at(folder)
    (manifest,) = parse(render, "render")
    return Tracer(repository, read_closure(repository, "overlay")), manifest


def trace(folder: Path, overlay: str, path: NodePath, **files: str) -> str:
    tracer, manifest = traced(folder, overlay, files)
    return str(tracer.trace(manifest, path))


HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: queue\n"
REPLICAS = f"{HEAD}spec:\n  replicas: 3\n"
TARGET = "    target:\n      kind: Deployment\n"
OPERATIONS = """\
- op: test
  path: /spec/replicas
  value: 1
- op: replace
  path: /spec/replicas
  value: 3
- op: add
  path: /spec/template/spec/containers/0/env/-
  value:
    name: B
    value: b
- op: remove
  path: /spec/paused
"""
B = (*QUEUE, "env", 0, "value")


def inline(text: str, lead: str = "  - patch: |-\n") -> str:
    return f"patches:\n{lead}" + "".join(f"      {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((*CONTAINERS, 1, "image"), "base/deployment.yaml:11"),
        ((*QUEUE, "env", 1, "value"), "base/deployment.yaml:16"),
        (("metadata", "name"), "base/deployment.yaml:4"),
        ((), "base/deployment.yaml:1"),
        # What is written nowhere is where its holder is written.
        ((*QUEUE, "env", 0, "value"), "base/deployment.yaml:14"),
        (("metadata", "namespace"), "base/deployment.yaml:3"),
        ((*QUEUE, "terminationMessagePath"), "base/deployment.yaml:12"),
    ],
)
def test_leads_to_the_base(path: NodePath, place: str, tmp_path: Path) -> None:
    assert trace(tmp_path, "", path) == place


@pytest.mark.parametrize(
    ("overlay", "place"),
    [
        ("patches:\n  - path: patch.yaml\n", "overlay/patch.yaml:6"),
        ("patchesStrategicMerge:\n  - patch.yaml\n", "overlay/patch.yaml:6"),
        (f"patches:\n  - path: patch.yaml\n{TARGET}", "overlay/patch.yaml:6"),
        (inline(REPLICAS), "overlay/kustomization.yaml:10"),
        (f"{inline(REPLICAS)}{TARGET}", "overlay/kustomization.yaml:10"),
        (
            f"patches:\n  - patch: '{{spec: {{replicas: 3}}}}'\n{TARGET}",
            "overlay/kustomization.yaml:4",
        ),
        (f"{inline(OPERATIONS)}{TARGET}", "overlay/kustomization.yaml:10"),
        (f"patches:\n  - path: operations.yaml\n{TARGET}", "overlay/operations.yaml:6"),
        (f"patchesJson6902:\n  - path: operations.yaml\n{TARGET}", "overlay/operations.yaml:6"),
    ],
)
def test_leads_to_the_patch_that_decides(overlay: str, place: str, tmp_path: Path) -> None:
    files = {"patch": REPLICAS, "operations": OPERATIONS}
    assert trace(tmp_path, overlay, ("spec", "replicas"), **files) == place


def test_leads_into_a_value_that_a_json_patch_adds(tmp_path: Path) -> None:
    overlay = f"patches:\n  - path: operations.yaml\n{TARGET}"
    assert trace(tmp_path, overlay, B, operations=OPERATIONS) == "overlay/operations.yaml:11"


@pytest.mark.parametrize(
    "overlay",
    [
        "patches:\n  - path: operations.yaml\n    target:\n      kind: Service\n",
        "patches:\n  - path: operations.yaml\n    target:\n      name: tracker\n",
        inline(REPLICAS.replace("queue", "tracker")),
        inline("- not: [a, patch"),
    ],
)
def test_passes_over_a_patch_that_does_not_decide(overlay: str, tmp_path: Path) -> None:
    assert trace(tmp_path, overlay, B, operations=OPERATIONS) == "base/deployment.yaml:14"


def test_the_last_patch_wins(tmp_path: Path) -> None:
    overlay = "patches:\n  - path: first.yaml\n  - path: second.yaml\n"
    place = trace(
        tmp_path, overlay, ("spec", "replicas"), first=REPLICAS, second=f"# Again\n{REPLICAS}"
    )
    assert place == "overlay/second.yaml:7"


def test_an_image_leads_to_its_tag(tmp_path: Path) -> None:
    overlay = "images:\n  - name: example.com/queue\n    newTag: '2'\n"
    assert trace(tmp_path, overlay, (*QUEUE, "image")) == "overlay/kustomization.yaml:5"


LABELLED = RENDER.replace(
    "  name: prod-queue\n", "  name: prod-queue\n  labels: {tier: back}\n"
).replace("  template:\n", "  selector: {matchLabels: {tier: back}}\n  template:\n")
PAIRS = "labels:\n  - pairs: {team: a}\n  - pairs:\n      tier: back\n"


@pytest.mark.parametrize(
    ("overlay", "path", "place"),
    [
        ("namespace: fleet\n", ("metadata", "namespace"), "overlay/kustomization.yaml:3"),
        ("namespace: other\n", ("metadata", "namespace"), "base/deployment.yaml:3"),
        (
            "replicas:\n  - {name: tracker, count: 3}\n  - name: queue\n    count: 3\n",
            ("spec", "replicas"),
            "overlay/kustomization.yaml:6",
        ),
        (PAIRS, ("metadata", "labels", "tier"), "overlay/kustomization.yaml:6"),
        (PAIRS, ("spec", "selector", "matchLabels", "tier"), "base/deployment.yaml:5"),
        (
            f"{PAIRS}    includeSelectors: true\n",
            ("spec", "selector", "matchLabels", "tier"),
            "overlay/kustomization.yaml:6",
        ),
        (
            "commonLabels: {tier: back}\n",
            ("spec", "selector", "matchLabels", "tier"),
            "overlay/kustomization.yaml:3",
        ),
    ],
)
def test_leads_to_the_field_of_the_kustomization_that_decides(
    overlay: str, path: NodePath, place: str, tmp_path: Path
) -> None:
    tracer, manifest = traced(tmp_path, overlay, {}, LABELLED)
    assert str(tracer.trace(manifest, path)) == place


SIDECAR = (*CONTAINERS, 1)
DELETING = f"{HEAD}$patch: delete\n"
WITHOUT = (
    f"{HEAD}spec:\n  replicas: null\n  template:\n    spec:\n      containers:\n"
    "        - name: sidecar\n          $patch: delete\n"
)


@pytest.mark.parametrize(
    ("patch", "path", "line"),
    [
        (DELETING, (), 5),
        (DELETING, ("spec", "replicas"), 5),
        (WITHOUT, SIDECAR, 11),
        (WITHOUT, (*SIDECAR, "image"), 11),
        (WITHOUT, ("spec", "replicas"), 6),
    ],
)
def test_what_is_gone_leads_to_the_patch_that_takes_it_away(
    patch: str, path: NodePath, line: int, tmp_path: Path
) -> None:
    overlay = "patches:\n  - path: patch.yaml\n"
    tracer, manifest = traced(tmp_path, overlay, {"patch": patch})
    assert str(tracer.removal(manifest, path)) == f"overlay/patch.yaml:{line}"


def test_what_is_gone_leads_to_the_operation_that_removes_it(tmp_path: Path) -> None:
    overlay = f"patches:\n  - path: patch.yaml\n{TARGET}"
    operations = "- op: replace\n  path: /a\n- op: remove\n  path: /spec/template\n"
    tracer, manifest = traced(tmp_path, overlay, {"patch": operations})
    assert str(tracer.removal(manifest, SIDECAR)) == "overlay/patch.yaml:4"


@pytest.mark.parametrize("path", [(), QUEUE, ("spec",), ("spec", "template")])
def test_what_no_patch_takes_away_leads_to_none(path: NodePath, tmp_path: Path) -> None:
    overlay = "patches:\n  - path: patch.yaml\n  - path: other.yaml\n"
    other = DELETING.replace("queue", "tracker")
    tracer, manifest = traced(tmp_path, overlay, {"patch": WITHOUT, "other": other})
    assert tracer.removal(manifest, path) is None


def test_what_is_generated_leads_to_its_generator(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text(
        "configMapGenerator:\n  - name: other\n  - name: conf\n    literals: [a=b]\n"
    )
    repository = Repository.at(tmp_path)
    (manifest,) = parse(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf-6ct58987ht}\ndata: {a: b}\n",
        "render",
    )
    tracer = Tracer(repository, read_closure(repository, "."))
    assert str(tracer.trace(manifest, ("data", "a"))) == "kustomization.yaml:3"


def test_what_a_patch_has_named_leads_to_where_it_is_written(tmp_path: Path) -> None:
    rename = "- op: replace\n  path: /metadata/name\n  value: tracker\n"
    overlay = f"patches:\n  - path: rename.yaml\n{TARGET}      name: queue\n"
    render = RENDER.replace("prod-queue", "prod-tracker")
    tracer, manifest = traced(tmp_path, overlay, {"rename": rename}, render)
    assert str(tracer.trace(manifest, (*CONTAINERS, 1, "image"))) == "base/deployment.yaml:11"
    assert str(tracer.trace(manifest, ("metadata", "name"))) == "overlay/rename.yaml:3"


def test_what_no_file_holds_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("namespace: fleet\n")
    repository = Repository.at(tmp_path)
    (manifest,) = parse(RENDER, "render")
    assert Tracer(repository, read_closure(repository, ".")).trace(manifest, ()) is None
