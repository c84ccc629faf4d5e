"""What means the same is no change, and everything else is exactly one."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetops.change import differences, spelled
from fleetops.change.meaning import duration
from fleetops.manifests import Manifest, dig, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from fleetops.change import Difference
    from fleetops.goyaml import NodePath

# ruff: noqa: ANN401 - manifests are of any shape

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*.yaml"))
RENDERS = {path.stem: parse(path.read_text(), path.name) for path in GOLDEN}
UNORDERED = {
    *("containers", "env", "ports", "volumes", "volumeMounts", "topologySpreadConstraints"),
    *("policyTypes", "ingress", "egress", "from", "to", "accessModes", "drop"),
}
QUANTITIES = {"cpu", "memory", "storage", "sizeLimit"}
UNITS = {"Gi": (1024, "Mi"), "Mi": (1024, "Ki"), "m": (1000, "u"), "": (1000, "m")}


def fields(before: Sequence[Manifest], after: Sequence[Manifest]) -> list[Difference]:
    found = list(differences(before, after))
    assert all(one.before and one.after for one in found), found
    return [field for one in found for field in one.fields]


def pod(text: str) -> tuple[Manifest, ...]:
    """Give a Deployment whose pod spec is the text."""
    lines = "".join(f"      {line}\n" for line in text.splitlines())
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    return parse(f"{head}spec:\n  template:\n    spec:\n{lines}", "render")


def said(before: Sequence[Manifest], after: Sequence[Manifest]) -> dict[str, Any]:
    """Give what happened by path: None or why it changes nothing."""
    return {
        spelled(one.before if field.after is None else one.after, field.path).removeprefix(  # type: ignore[arg-type]
            "spec.template.spec."
        ): "moved" if field.moved and field.reason is None else field.reason
        for one in differences(before, after)
        for field in one.fields
    }


def otherwise(text: str) -> str:
    """Write a quantity in another unit."""
    number = text.rstrip("GMim")
    factor, unit = UNITS[text[len(number) :]]
    return f"{int(number) * factor}{unit}"


def rewritten(value: Any, random: Random, name: str = "") -> Any:
    """Write what means the same in another way."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: rewritten(value[key], random, key) for key in keys}
    if isinstance(value, list):
        items = [rewritten(item, random) for item in value]
        if name in UNORDERED:
            random.shuffle(items)
        return items
    if name in QUANTITIES and random.random() < 0.5:
        return otherwise(str(value))
    return value


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RENDERS)), st.randoms(use_true_random=False))
def test_a_render_that_is_written_otherwise_has_no_change(name: str, random: Random) -> None:
    before = RENDERS[name]
    after = [
        Manifest(one.reference, one.api_version, rewritten(one.value, random)) for one in before
    ]
    random.shuffle(after)
    assert {field.reason for field in fields(before, after)} <= {"order", "notation"}


def leaves(value: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, Any]]:
    if isinstance(value, dict | list) and value:
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, step))
    else:
        yield path, value


def edited(manifest: Manifest, path: NodePath, value: Any) -> Manifest:
    changed = copy.deepcopy(manifest.value)
    dig(changed, *path[:-1])[path[-1]] = value
    return Manifest(manifest.reference, manifest.api_version, changed)


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value.rstrip("GMim").isdigit():
            return f"1{value}"
        case str():
            return f"{value}x"
        case _:
            return "x"


IDENTITY = {("kind",), ("metadata", "name"), ("metadata", "namespace")}
"""Another one of these is another object."""


@pytest.mark.parametrize("name", sorted(RENDERS))
def test_every_edit_of_a_field_is_exactly_one_change(name: str) -> None:
    edits = 0
    for manifest in RENDERS[name]:
        for path, value in leaves(manifest.value):
            if path in IDENTITY:
                continue
            (found,) = fields([manifest], [edited(manifest, path, other(value))])
            assert (found.reason, found.moved) == (None, False), path
            assert (found.old, found.before, found.after) == (path, value, other(value))
            edits += 1
    assert edits > 300


@pytest.mark.parametrize("name", sorted(RENDERS))
def test_every_field_that_comes_or_goes_is_exactly_one_difference(name: str) -> None:
    for manifest in RENDERS[name]:
        for path, value in leaves(manifest.value):
            less = copy.deepcopy(manifest.value)
            del dig(less, *path[:-1])[path[-1]]
            without = Manifest(manifest.reference, manifest.api_version, less)
            (gone,) = fields([manifest], [without])
            (come,) = fields([without], [manifest])
            assert (gone.path, gone.before, gone.after) == (path, value, None)
            assert (come.before, come.after) == (None, value)
            assert gone.reason == come.reason


def test_another_identity_is_another_object() -> None:
    (manifest, *_) = RENDERS["aws-release3"]
    renamed = Manifest(manifest.reference._replace(name="x"), "v1", manifest.value)
    come, gone = differences([manifest], [renamed])
    assert (come.before, come.after, gone.before, gone.after) == (None, renamed, manifest, None)


CONTAINER = "containers:\n- name: a\n  image: a:1\n"


@pytest.mark.parametrize(
    "text",
    [
        "  imagePullPolicy: IfNotPresent",
        "  ports: []",
        "  resources: {limits: {}}",
        "  terminationMessagePolicy: File",
        "  securityContext: {privileged: false}",
        "  stdin: false",
        "restartPolicy: Always",
        "securityContext: {}",
        "terminationGracePeriodSeconds: 30",
        "nodeSelector: {}",
        "hostNetwork: null",
    ],
)
def test_what_the_api_fills_in_is_no_change(text: str) -> None:
    assert set(said(pod(CONTAINER), pod(f"{CONTAINER}{text}")).values()) == {"default"}
    assert set(said(pod(f"{CONTAINER}{text}"), pod(CONTAINER)).values()) == {"default"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("  imagePullPolicy: Always", "containers[a].imagePullPolicy"),
        ("  securityContext: {privileged: true}", "containers[a].securityContext"),
        ("  securityContext: {runAsNonRoot: false}", "containers[a].securityContext"),
        ("restartPolicy: Never", "restartPolicy"),
        ("terminationGracePeriodSeconds: 31", "terminationGracePeriodSeconds"),
        ("hostNetwork: true", "hostNetwork"),
        ("volumes: [{name: a, emptyDir: {}}]", "volumes"),
    ],
)
def test_what_the_api_does_not_fill_in_is_a_change(text: str, path: str) -> None:
    assert said(pod(CONTAINER), pod(f"{CONTAINER}{text}")) == {path: None}


def test_a_strategy_that_is_the_default_is_no_change_and_another_one_is() -> None:
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: false}\n"

    def strategy(text: str) -> tuple[Manifest, ...]:
        return parse(head.replace("paused: false", f"strategy: {text}"), "render")

    rolling = "{type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}"
    before = parse(head, "render")
    assert said(before, strategy(rolling)) == {
        "spec.paused": "default",
        "spec.strategy": "default",
    }
    assert said(before, strategy("{type: Recreate}"))["spec.strategy"] is None


KINDS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1", "Service": "v1"}


@pytest.mark.parametrize(
    ("kind", "before", "after", "changed"),
    [
        ("Deployment", "", "replicas: 1", {"replicas"}),
        ("StatefulSet", "", "replicas: 1", {"replicas"}),
        ("Service", "", "externalTrafficPolicy: Cluster", {"externalTrafficPolicy"}),
        ("Service", "type: NodePort", "type: NodePort, externalTrafficPolicy: Cluster", set()),
        (
            "Service",
            "externalIPs: [192.0.2.1]",
            "externalIPs: [192.0.2.1], externalTrafficPolicy: Cluster",
            set(),
        ),
        ("Service", "", "internalTrafficPolicy: Cluster", set()),
        (
            "Service",
            "type: ExternalName",
            "type: ExternalName, internalTrafficPolicy: Cluster",
            {"internalTrafficPolicy"},
        ),
        (
            "Deployment",
            "strategy: {type: Recreate}",
            "strategy: {type: Recreate, rollingUpdate: {maxSurge: 25%}}",
            {"strategy.rollingUpdate"},
        ),
        (
            "StatefulSet",
            "updateStrategy: {type: OnDelete}",
            "updateStrategy: {type: OnDelete, rollingUpdate: {}}",
            {"updateStrategy.rollingUpdate"},
        ),
        ("Job", "completions: 1", "completions: 1, parallelism: 1", set()),
        ("Job", "", "parallelism: 1", {"parallelism"}),
        ("Job", "completions: 1", "parallelism: 1", {"completions", "parallelism"}),
        (
            "Job",
            "backoffLimitPerIndex: 1",
            "backoffLimitPerIndex: 1, backoffLimit: 6",
            {"backoffLimit"},
        ),
    ],
)  # fmt: skip
def test_what_is_filled_in_depends_on_what_stands_beside_it(
    kind: str, before: str, after: str, changed: set[str]
) -> None:
    head = f"apiVersion: {KINDS[kind]}\nkind: {kind}\nmetadata: {{name: web}}\nspec: "
    old, new = (parse(f"{head}{{{spec}}}\n", "render") for spec in (before, after))
    for pair in ((old, new), (new, old)):
        found = said(*pair)
        assert found, "they differ"
        assert {path for path, reason in found.items() if reason is None} == {
            f"spec.{path}" for path in changed
        }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (":1", ":1", "default"),
        (":1", ":latest", None),
        (":latest@sha256:00", ":latest@sha256:00", None),
        ("@sha256:00", "@sha256:00", "default"),
    ],
)
def test_the_pull_policy_that_is_filled_in_is_that_of_the_image(
    before: str, after: str, expected: str | None
) -> None:
    old = pod(f"containers:\n- name: a\n  image: a{before}\n  imagePullPolicy: IfNotPresent\n")
    new = pod(f"containers:\n- name: a\n  image: a{after}\n")
    assert said(old, new)["containers[a].imagePullPolicy"] == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # Another port is one item with another key, two that differ in more are two.
        (
            "ports: [{containerPort: 80}]",
            "ports: [{containerPort: 81}]",
            {"ports[81/TCP].containerPort": None},
        ),
        (
            "ports: [{containerPort: 80}]",
            "ports: [{containerPort: 80, protocol: UDP}, {containerPort: 80}]",
            {"ports[80/UDP]": None},
        ),
        (
            "env: [{name: A, value: a}]",
            "env: [{name: B, value: b}]",
            {"env[B]": None, "env[A]": None},
        ),
        (
            "env: [{name: A, value: a}, {name: B, value: b}]",
            "env: [{name: B, value: b}, {name: A, value: a}]",
            {"env": "order"},
        ),
        # A variable can only refer to those before it.
        (
            "env: [{name: A, value: a}, {name: B, value: $(A)}]",
            "env: [{name: B, value: $(A)}, {name: A, value: a}]",
            {"env": "moved"},
        ),
        ("args: [a, b]", "args: [b, a]", {"args[0]": None, "args[1]": None}),
        ("args: [a, b, c]", "args: [a, x, b, c]", {"args[1]": None}),
        ("args: [a, b, c]", "args: [a, c]", {"args[1]": None}),
        (
            "resources: {limits: {cpu: 1000m, memory: 1Gi}}",
            "resources: {limits: {cpu: 1, memory: 1024Mi}}",
            {
                "resources.limits.cpu": "notation",
                "resources.limits.memory": "notation",
            },
        ),
        ("env: [{name: A, value: 1000m}]", "env: [{name: A, value: '1'}]", {"env[A].value": None}),
    ],
)  # fmt: skip
def test_items_are_paired_by_what_they_are(
    before: str, after: str, expected: dict[str, Any]
) -> None:
    found = said(pod(f"{CONTAINER}  {before}"), pod(f"{CONTAINER}  {after}"))
    assert found == {f"containers[a].{path}": reason for path, reason in expected.items()}


def test_init_containers_run_in_their_order() -> None:
    texts = ["{name: a, image: a}", "{name: b, image: b}"]
    before, after = (pod(f"initContainers: [{', '.join(one)}]") for one in (texts, reversed(texts)))
    assert said(before, after) == {"initContainers": "moved"}


def test_what_stands_in_annotations_and_data_is_never_taken_for_a_field() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {sizeLimit: 1000m}\n"
    assert said(parse(text, "a"), parse(text.replace("1000m", "'1'"), "a")) == {
        "data.sizeLimit": None
    }


CUSTOM = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: a}
spec:
  interval: 10m
  path: 10m
  patches: [{name: a}, {name: b}]
"""


def test_durations_of_custom_resources_are_compared_by_value_and_lists_by_order() -> None:
    before = parse(CUSTOM, "a")
    assert said(before, parse(CUSTOM.replace("10m", "600s"), "a")) == {
        "spec.interval": "notation",
        "spec.path": None,
    }
    turned = CUSTOM.replace("[{name: a}, {name: b}]", "[{name: b}, {name: a}]")
    assert len(said(before, parse(turned, "a"))) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30m", 5400), ("0.5s", 0.5), ("1500ms", 1.5), ("10", None), ("1d", None), (5, None)],
)
def test_a_duration_is_one_of_go(text: Any, seconds: float | None) -> None:
    assert duration(text) == seconds


GENERATED = "apiVersion: v1\nkind: {0}\nmetadata: {{name: {1}}}\ndata: {{a: {2}}}\n"


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_a_generated_name_with_another_hash_is_the_same_object(kind: str) -> None:
    before = parse(GENERATED.format(kind, "conf-2b9hgkt5f4", "1"), "a")
    after = parse(GENERATED.format(kind, "conf-7ckm8g6dh2", "2"), "a")
    (found,) = differences(before, after)
    assert found.before
    assert found.after
    assert {field.path for field in found.fields} == {("metadata", "name"), ("data", "a")}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("Service", "conf-2b9hgkt5f4", "conf-7ckm8g6dh2"),
        ("ConfigMap", "conf-2b9hgkt5f4", "other-7ckm8g6dh2"),
        ("ConfigMap", "conf-production", "conf-staging123"),
    ],
)
def test_another_name_is_another_object(kind: str, old: str, new: str) -> None:
    before, after = (parse(GENERATED.format(kind, name, "1"), "a") for name in (old, new))
    assert len(list(differences(before, after))) == 2
