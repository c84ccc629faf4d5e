"""What is read and found here is what the real kustomize and kubeconform read and find."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from fleetcopy import ROOT
from fleetops import goyaml
from fleetops.files import Repository
from fleetops.kustomization import Pin, read_closure, set_images
from fleetops.laid_out import copy
from fleetops.manifests import parse
from fleetops.programs import KUBECONFORM, KUSTOMIZE, ensure

pytestmark = pytest.mark.acceptance

CASES = Path(__file__).parent.parent / "cases"
WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {0}
spec:
  selector: {{matchLabels: {{app: {0}}}}}
  template:
    metadata: {{labels: {{app: {0}}}}}
    spec:
      containers:
      - name: main
        image: acme/{0}:release1
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  a: b\n"
BUILTIN = "apiVersion: builtin\nkind: {}\nmetadata:\n  name: {}\n"

VARIED = {
    "overlays/local/kustomization.yaml": """
resources: [../../linked, extra.yaml, nested/more.yaml]
components: [../../components/one]
openapi: {path: schema.json}
crds: [crd.json]
configurations: [names.yaml]
patches:
- path: patches/queue.yaml
- patch: |
    - {op: add, path: /metadata/labels, value: {x: y}}
  target: {kind: Deployment}
replacements:
- path: replacement.yaml
configMapGenerator:
- name: files
  files: [a.txt, key=b.txt, link.txt]
  envs: [c.env]
secretGenerator:
- name: secret
  env: d.env
generators:
- |
  apiVersion: builtin
  kind: ConfigMapGenerator
  metadata:
    name: inline
  files: [e.txt]
transformers: [transformers.yaml]
images:
- name: acme/queue
  newTag: release2
""",
    "overlays/local/extra.yaml": SETTINGS.format("extra"),
    "overlays/local/nested/more.yaml": SETTINGS.format("more"),
    "overlays/local/schema.json": '{"definitions": {}}',
    "overlays/local/crd.json": "{}",
    "overlays/local/names.yaml": "namePrefix: []\n",
    "overlays/local/patches/queue.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: queue}\nspec: {replicas: 2}\n"
    ),
    "overlays/local/replacement.yaml": """
source: {kind: ConfigMap, name: extra, fieldPath: data.a}
targets:
- select: {kind: ConfigMap, name: more}
  fieldPaths: [data.a]
""",
    "overlays/local/a.txt": "a",
    "overlays/local/b.txt": "b",
    "overlays/local/c.env": "C=c\n",
    "overlays/local/d.env": "D=d\n",
    "overlays/local/e.txt": "e",
    "overlays/local/real.txt": "linked",
    "overlays/local/f.yaml": "- {op: add, path: /data/f, value: f}\n",
    "overlays/local/transformers.yaml": (
        BUILTIN.format("PatchTransformer", "patch")
        + "path: f.yaml\ntarget: {kind: ConfigMap, name: extra}\n---\n"
        + BUILTIN.format("NamespaceTransformer", "namespace").replace(
            "name: namespace", "name: namespace\n  namespace: fleet"
        )
    ),
    "components/one/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "patchesStrategicMerge: [tracker.yaml]\n"
    ),
    "components/one/tracker.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: tracker}\nspec: {replicas: 3}\n"
    ),
    "base/Kustomization": "resources: [queue.yaml, ../other]\n",
    "base/queue.yaml": WORKLOAD.format("queue"),
    "other/real.yaml": "resources: [tracker.yaml]\n",
    "other/tracker.yaml": WORKLOAD.format("tracker"),
    "unused.yaml": SETTINGS.format("unused"),
    "base/unused.yaml": SETTINGS.format("unused"),
}
LINKS = {
    "linked": "alias",
    "alias": "base",
    "other/kustomization.yml": "real.yaml",
    "overlays/local/link.txt": "real.txt",
}


def built(root: Path, overlay: str) -> subprocess.CompletedProcess[str]:
    program = ensure(KUSTOMIZE, ROOT, lambda _: None)
    return subprocess.run(
        [program, "build", overlay], cwd=root, capture_output=True, text=True, check=False
    )


def test_kustomize_renders_the_same_from_the_closure_alone(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    for path, text in VARIED.items():
        (whole / path).parent.mkdir(parents=True, exist_ok=True)
        (whole / path).write_text(text)
    for path, target in LINKS.items():
        (whole / path).symlink_to(target)
    expected = built(whole, "overlays/local")
    assert expected.returncode == 0, expected.stderr
    repository = Repository.at(whole)
    closure = read_closure(repository, "overlays/local")
    alone = tmp_path / "alone"
    copy(repository, closure, alone, {})
    assert built(alone, "overlays/local").stdout == expected.stdout
    copied = {str(path.relative_to(alone)) for path in alone.rglob("*") if path.is_file()}
    assert not any("unused" in path for path in copied)
    # Nothing is in it for nothing: without any one file kustomize refuses.
    paths = (*closure.files, *(one.path for one in closure.kustomizations))
    for number, path in enumerate(paths):
        without = tmp_path / str(number)
        shutil.copytree(alone, without, symlinks=True)
        (without / path).unlink()
        assert built(without, "overlays/local").returncode != 0, path


def test_plain_scalars_are_what_kubeconform_takes_them_for(tmp_path: Path) -> None:
    scalars = json.loads((CASES / "yaml" / "scalars.json").read_text())
    documents = []
    for number, (scalar, value) in enumerate([*scalars.items(), ("release1", "release2")]):
        # kubeconform itself holds every number as a float.
        expected = float(value) if type(value) is int else value
        schema = {"properties": {"value": {"enum": [expected]}}, "required": ["value"]}
        (tmp_path / f"s{number}.json").write_text(json.dumps(schema))
        documents.append(
            f"apiVersion: example.com/v1\nkind: S{number}\nmetadata: {{name: s{number}}}\n"
            f"value: {scalar}\n"
        )
    (tmp_path / "all.yaml").write_text("---\n".join(documents))
    program = ensure(KUBECONFORM, ROOT, lambda _: None)
    location = f"{tmp_path}/{{{{ .ResourceKind }}}}.json"
    done = subprocess.run(
        [program, "-output", "json", "-summary", "-schema-location", location, "all.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout)
    # The last one is there to show that a difference would be seen.
    assert [found["kind"] for found in said["resources"]] == [f"S{len(scalars)}"], said["resources"]
    assert said["summary"] == {"valid": len(scalars), "invalid": 1, "errors": 0, "skipped": 0}


WRITTEN = {
    "block": "resources:\n- w.yaml\nimages:\n- name: acme/queue # q\n  newTag: 'release1'\n",
    "windows": "resources: [w.yaml]\r\nimages:\r\n- newTag: release1\r\n  name: acme/queue\r\n",
    "mark and markers": "\ufeff---\nresources:\n  - w.yaml\nimages: []\n...\n",
    "brackets": "{resources: [w.yaml], images: [\n  {name: acme/queue, newTag: release1},\n]}",
    "json": '{"resources": ["w.yaml"]}',
    "digest": f"images:\n- name: acme/queue\n  digest: sha256:{64 * 'a'} #\nresources: [w.yaml]\n",
    "nothing yet": "# 𝄞\nresources:\n  -   w.yaml\nimages:\n# tail",
    "elsewhere": "namePrefix: a-\nresources: [w.yaml]\npatches:\n- patch: |\n    # images:\n"
    "    - {op: test, path: /kind, value: Deployment}\n  target: {kind: Deployment}\n",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_kustomize_renders_the_images_that_were_set(name: str, tmp_path: Path) -> None:
    pins = [Pin("acme/queue", "release2"), Pin("acme/tracker", "1.10")]
    (tmp_path / "w.yaml").write_text(f"{WORKLOAD.format('queue')}---\n{WORKLOAD.format('tracker')}")
    text = set_images(WRITTEN[name], "kustomization.yaml", pins)
    (tmp_path / "kustomization.yaml").write_bytes(text.encode())
    done = built(tmp_path, ".")
    assert done.returncode == 0, done.stderr
    images = [
        one.get("spec", "template", "spec", "containers", 0, "image")
        for one in parse(done.stdout, "render")
    ]
    assert images == ["acme/queue:release2", "acme/tracker:1.10"]
    assert goyaml.read(text, "kustomization.yaml")
