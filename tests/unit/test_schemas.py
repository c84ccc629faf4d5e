"""Promises on the schemas that are in the package."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft4Validator

import fleetops

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS = Path(fleetops.__file__).parent / "schemas"
MINORS = ("1.36", "1.37")
FOLDERS = (*(f"kubernetes/{minor}" for minor in MINORS), "custom")
# All that draft 4 has and that the schemas need: no reference, no address, no format.
KEYWORDS = {
    *("additionalProperties", "items", "properties", "required", "type"),
    *("enum", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern"),
    *("allOf", "anyOf", "not", "oneOf"),
}
CUSTOM = {
    "argoproj.io/application_v1alpha1",
    "argoproj.io/applicationset_v1alpha1",
    "argoproj.io/appproject_v1alpha1",
    "helm.toolkit.fluxcd.io/helmrelease_v2",
    "image.toolkit.fluxcd.io/imagepolicy_v1",
    "image.toolkit.fluxcd.io/imagerepository_v1",
    "image.toolkit.fluxcd.io/imageupdateautomation_v1",
    "kustomize.toolkit.fluxcd.io/kustomization_v1",
    "notification.toolkit.fluxcd.io/alert_v1beta3",
    "notification.toolkit.fluxcd.io/provider_v1beta3",
    "notification.toolkit.fluxcd.io/receiver_v1",
    "source.toolkit.fluxcd.io/bucket_v1",
    "source.toolkit.fluxcd.io/externalartifact_v1",
    "source.toolkit.fluxcd.io/gitrepository_v1",
    "source.toolkit.fluxcd.io/helmchart_v1",
    "source.toolkit.fluxcd.io/helmrepository_v1",
    "source.toolkit.fluxcd.io/ocirepository_v1",
}

every_folder = pytest.mark.parametrize("folder", FOLDERS)
every_minor = pytest.mark.parametrize("minor", MINORS)


def names(folder: str) -> set[str]:
    root = SCHEMAS / folder
    return {path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.json")}


@cache
def load(path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SCHEMAS / f"{path}.json").read_bytes())
    return content


def cluster_scoped() -> list[str]:
    kinds: list[str] = json.loads((SCHEMAS / "cluster_scoped.json").read_bytes())
    return kinds


def nodes(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for child in schema.get("properties", {}).values():
            yield from nodes(child)
        for keyword in ("additionalProperties", "items", "not"):
            yield from nodes(schema.get(keyword))
        for keyword in ("allOf", "anyOf", "oneOf"):
            for child in schema.get(keyword, []):
                yield from nodes(child)


def misfits(folder: str, kind: str, fields: str) -> set[str]:
    """Find the places where a document, named unless its fields say otherwise, does not fit."""
    api_version, name = kind.split()
    group, _, version = api_version.rpartition("/")
    schema = load(f"{folder}/{group or version}/{name.lower()}_{version}")
    document = {"apiVersion": api_version, "kind": name, "metadata": {"name": "a"}}
    errors = Draft4Validator(schema).iter_errors(document | yaml.safe_load(f"{{{fields}}}"))
    return {"/".join(str(part) for part in error.absolute_path) for error in errors}


def deployment(container: dict[str, Any]) -> str:
    pod = {"containers": [{"name": "a", "image": "b", **container}]}
    spec = {"selector": {}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod}}
    return f"spec: {json.dumps(spec)}"


@every_folder
def test_says_nothing_beyond_the_keywords_of_draft_4_and_refers_to_nothing(folder: str) -> None:
    for name in names(folder):
        for node in nodes(load(f"{folder}/{name}")):
            assert node.keys() <= KEYWORDS, name
            assert node.get("required") != [], name


@every_folder
def test_every_pattern_is_one_that_go_reads_too(folder: str) -> None:
    for name in names(folder):
        for node in nodes(load(f"{folder}/{name}")):
            if "pattern" in node:
                re.compile(node["pattern"])
                assert "(?" not in node["pattern"].replace("(?:", ""), name


@every_folder
def test_lies_where_kubeconform_looks_for_it(folder: str) -> None:
    for name in names(folder):
        properties = load(f"{folder}/{name}")["properties"]
        (api_version,) = properties["apiVersion"]["enum"]
        (kind,) = properties["kind"]["enum"]
        group, _, version = api_version.rpartition("/")
        assert name == f"{group or version}/{kind.lower()}_{version}"


@every_folder
def test_knows_each_field_and_needs_api_version_and_kind(folder: str) -> None:
    for name in names(folder):
        schema = load(f"{folder}/{name}")
        assert schema["additionalProperties"] is False, name
        assert {"apiVersion", "kind"} <= set(schema["required"]), name


@every_folder
def test_is_compact_and_sorted(folder: str) -> None:
    for name in names(folder):
        text = (SCHEMAS / f"{folder}/{name}.json").read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) + "\n"


def test_has_the_kinds_of_argo_cd_and_flux() -> None:
    assert names("custom") == CUSTOM


@every_minor
def test_has_every_kind_that_can_be_created_and_no_list(minor: str) -> None:
    found = names(f"kubernetes/{minor}")
    assert len(found) == {"1.36": 94, "1.37": 99}[minor]
    assert not [name for name in found if "list_" in name]


def test_a_stable_kind_of_a_minor_is_in_the_next() -> None:
    older, newer = (names(f"kubernetes/{minor}") for minor in MINORS)
    assert {name for name in older if re.search(r"_v\d+$", name)} <= newer


def test_every_source_is_pinned_by_a_version_and_a_sum() -> None:
    sources = load("sources")
    assert tuple(sources["kubernetes"]) == MINORS
    for minor, source in sources["kubernetes"].items():
        assert source["version"].startswith(f"v{minor}.")
    for source in (*sources["kubernetes"].values(), *sources["custom"], sources["controller-gen"]):
        assert re.fullmatch(r"v\d+\.\d+\.\d+", source["version"])
        assert re.fullmatch(r"h1:[A-Za-z0-9+/]{43}=", source["sum"])


def test_knows_what_is_cluster_scoped() -> None:
    assert cluster_scoped() == sorted(set(cluster_scoped()))
    assert {
        "/Namespace",
        "/Node",
        "/PersistentVolume",
        "apiextensions.k8s.io/CustomResourceDefinition",
        "rbac.authorization.k8s.io/ClusterRole",
        "rbac.authorization.k8s.io/ClusterRoleBinding",
        "scheduling.k8s.io/PriorityClass",
        "storage.k8s.io/StorageClass",
    } <= set(cluster_scoped())
    assert set(cluster_scoped()).isdisjoint(
        {"/ConfigMap", "/PersistentVolumeClaim", "/Service", "apps/Deployment"}
    )
    custom = {name.partition("/")[0] for name in CUSTOM}
    assert not [kind for kind in cluster_scoped() if kind.partition("/")[0] in custom]


def test_everything_cluster_scoped_has_a_schema() -> None:
    known = {
        (name.partition("/")[0], name.partition("/")[2].rpartition("_")[0])
        for folder in FOLDERS
        for name in names(folder)
    }
    for entry in cluster_scoped():
        group, _, kind = entry.partition("/")
        assert (group or "v1", kind.lower()) in known


@every_minor
@pytest.mark.parametrize(
    "container",
    [
        {"resources": {"limits": {"cpu": 1, "memory": "1.5Gi", "a.b/c": "1e3"}}},
        {"resources": None, "env": None, "imagePullPolicy": ""},
        {"livenessProbe": {"tcpSocket": {"port": "http"}}, "args": [None]},
        {"readinessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a"}]}}},
        {"ports": [{"containerPort": 80, "protocol": "SCTP"}]},
    ],
)
def test_takes_what_an_api_server_takes(minor: str, container: dict[str, Any]) -> None:
    assert misfits(f"kubernetes/{minor}", "apps/v1 Deployment", deployment(container)) == set()


@every_minor
@pytest.mark.parametrize(
    ("container", "path"),
    [
        ({"resources": {"limits": {"cpu": "500mi"}}}, "resources/limits/cpu"),
        ({"resources": {"limits": {"memory": ""}}}, "resources/limits/memory"),
        ({"resources": {"limits": {"memory": True}}}, "resources/limits/memory"),
        ({"imagePullPolicy": "always"}, "imagePullPolicy"),
        ({"imagePullPolcy": "Always"}, ""),
        ({"ports": [{"containerPort": "80"}]}, "ports/0/containerPort"),
        ({"ports": [{"containerPort": None}]}, "ports/0/containerPort"),
        ({"ports": [{"name": "http"}]}, "ports/0"),
        ({"env": [None]}, "env/0"),
        ({"env": [{"name": "a", "value": 1}]}, "env/0/value"),
        ({"livenessProbe": {"tcpSocket": {"port": 1.5}}}, "livenessProbe/tcpSocket/port"),
    ],
)
def test_refuses_at_the_very_place(minor: str, container: dict[str, Any], path: str) -> None:
    place = f"spec/template/spec/containers/0/{path}".rstrip("/")
    assert misfits(f"kubernetes/{minor}", "apps/v1 Deployment", deployment(container)) == {place}


@every_minor
@pytest.mark.parametrize(
    ("kind", "fields", "places"),
    [
        ("v1 ConfigMap", "metadata: {name: a, creationTimestamp: null}, data: null", set()),
        ("v1 ConfigMap", "data: {a: 1}", {"data/a"}),
        ("v1 ConfigMap", "metadata: {generateName: a}", {"metadata"}),
        ("v1 ConfigMap", "metadata: null", {"metadata"}),
        ("v1 Secret", "data: {a: aGk=, b: ''}", set()),
        ("v1 Secret", 'data: {a: "aG\\nk=\\n"}', set()),
        ("v1 Secret", "data: {a: hello}", {"data/a"}),
        ("v1 Namespace", "status: {any: thing}", set()),
        ("v1 Namespace", "status: text", {"status"}),
        ("v1 Service", "spec: {ports: [{port: 80, targetPort: http}], type: ''}", set()),
        ("v1 Service", "spec: {ports: [{port: 80}], type: clusterIP}", {"spec/type"}),
        ("v1 PersistentVolumeClaim", "spec: {accessModes: [RWO]}", {"spec/accessModes/0"}),
        ("storage.k8s.io/v1 StorageClass", "provisioner: a, parameters: {b: 'true'}", set()),
        (
            "storage.k8s.io/v1 StorageClass",
            "provisioner: a, parameters: {b: true}",
            {"parameters/b"},
        ),
        ("policy/v1 PodDisruptionBudget", "spec: {minAvailable: 50%}", set()),
        ("policy/v1 PodDisruptionBudget", "spec: {minAvailable: 0.5}", {"spec/minAvailable"}),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: {policyTypes: [All]}",
            {"spec/policyTypes/0"},
        ),
        ("authorization.k8s.io/v1 SelfSubjectRulesReview", "metadata: null, spec: {}", set()),
    ],
)
def test_judges_kinds_of_kubernetes(minor: str, kind: str, fields: str, places: set[str]) -> None:
    assert misfits(f"kubernetes/{minor}", kind, fields) == places


@every_minor
def test_a_type_inside_itself_is_left_open(minor: str) -> None:
    schema = "{openAPIV3Schema: {properties: {spec: {properties: {a: {any: 1}}}}}}"
    version = f"{{name: v1, served: true, storage: true, schema: {schema}}}"
    names = "{plural: as, kind: A}"
    fields = f"spec: {{group: b, scope: Namespaced, names: {names}, versions: [{version}]}}"
    kind = "apiextensions.k8s.io/v1 CustomResourceDefinition"
    assert misfits(f"kubernetes/{minor}", kind, fields) == set()


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ("source: {repoURL: b, helm: {valuesObject: {any: [1]}}}", set()),
        ("source: {repoURL: b, kustomize: {replicas: [{name: a, count: '1'}]}}", set()),
        ("source: {repoURL: b, kustomize: {images: null}}", set()),
        ("source: {repoURL: b, kustomize: {images: [null]}}", {"spec/source/kustomize/images/0"}),
        ("source: {path: b}", {"spec/source"}),
        ("syncPolicy: {automated: {prun: true}}", {"spec/syncPolicy/automated"}),
    ],
)
def test_judges_an_application_of_argo_cd(fields: str, places: set[str]) -> None:
    spec = f"spec: {{project: a, destination: {{}}, {fields}}}"
    assert misfits("custom", "argoproj.io/v1alpha1 Application", spec) == places


@pytest.mark.parametrize(
    ("kind", "fields", "places"),
    [
        (
            "kustomize.toolkit.fluxcd.io/v1 Kustomization",
            "spec: {interval: 10, prune: true, sourceRef: {kind: Git, name: a}}",
            {"spec/interval", "spec/sourceRef/kind"},
        ),
        (
            "kustomize.toolkit.fluxcd.io/v1 Kustomization",
            "metadata: {name: a, lables: {}}, spec: null",
            {"metadata"},
        ),
        (
            "helm.toolkit.fluxcd.io/v2 HelmRelease",
            "spec: {interval: 10m, values: {any: {thing: null}}, install: {crds: Make}}",
            {"spec/install/crds"},
        ),
        (
            "source.toolkit.fluxcd.io/v1 OCIRepository",
            "spec: {interval: 10m, url: 'https://a'}",
            {"spec/url"},
        ),
        (
            "source.toolkit.fluxcd.io/v1 GitRepository",
            "spec: {interval: 10m, url: 'https://a', ref: {branch: main}}, status: {any: thing}",
            set(),
        ),
    ],
)
def test_judges_kinds_of_flux(kind: str, fields: str, places: set[str]) -> None:
    assert misfits("custom", kind, fields) == places
