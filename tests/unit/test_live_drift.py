"""Images are compared container by container, wherever those stand."""

from __future__ import annotations

from typing import Any

import pytest

from fleetops.live import Drift, Sync, drifts, placed
from fleetops.manifests import Manifest, Reference
from fleetops.rehearsal.rollouts import goes_when_done

WEB = Reference("apps", "Deployment", "fleet", "web")


def workload(*containers: tuple[str, str], **spec: Any) -> Manifest:  # noqa: ANN401
    ones = [{"name": name, "image": image} for name, image in containers]
    template = {"spec": {"containers": ones} | spec}
    return Manifest(WEB, "apps/v1", {"spec": {"template": template}})


@pytest.mark.parametrize(
    ("live", "found"),
    [
        (workload(("a", "a:1"), ("b", "b:1")), []),
        # A webhook puts its own container first.
        (workload(("proxy", "p:1"), ("a", "a:1"), ("b", "b:1")), [("proxy", "p:1", None)]),
        (workload(("a", "a:1"), ("b", "b:2")), [("b", "b:2", "b:1")]),
        (workload(("b", "b:1")), [("a", None, "a:1")]),
        (
            workload(("a", "a:1"), ("b", "b:1"), initContainers=[{"name": "a", "image": "x:1"}]),
            [("a", "x:1", None)],
        ),
    ],
)
def test_what_runs_another_image_is_found(
    live: Manifest, found: list[tuple[str, str | None, str | None]]
) -> None:
    rendered = workload(("a", "a:1"), ("b", "b:1"))
    assert list(drifts(rendered, live)) == [Drift(WEB, *one) for one in found]


def test_an_image_volume_is_an_image_too() -> None:
    def mounting(image: str) -> Manifest:
        return workload(("a", "a:1"), volumes=[{"name": "model", "image": {"reference": image}}])

    assert list(drifts(mounting("m:1"), mounting("m:2"))) == [Drift(WEB, "model", "m:2", "m:1")]


def sync(namespace: str, *, forced: bool = False) -> Sync:
    return Sync(
        controller="argocd",
        resource=WEB,
        repository="",
        states=(),
        ok=True,
        failed=False,
        applied="",
        attempted="",
        messages=(),
        elsewhere="",
        namespace=namespace,
        forced=forced,
    )


@pytest.mark.parametrize(
    ("written", "by", "namespace"),
    [
        ("fleet", None, "fleet"),
        ("", None, "default"),
        ("", sync("team"), "team"),
        ("fleet", sync("team"), "fleet"),
        ("fleet", sync("team", forced=True), "team"),
        ("", sync(""), "default"),
    ],
)
def test_a_workload_is_where_its_controller_puts_it(
    written: str, by: Sync | None, namespace: str
) -> None:
    one = workload(("a", "a:1"))
    manifest = Manifest(WEB._replace(namespace=written), one.api_version, one.value)
    (moved,) = placed([manifest], by)
    assert moved.reference.namespace == namespace


def test_only_what_runs_or_is_bound_is_looked_at() -> None:
    kinds = [("", "Service"), ("", "PersistentVolumeClaim"), ("batch", "Job"), ("", "ConfigMap")]
    manifests = [
        Manifest(Reference(group, kind, "a", "b"), f"{group}/v1".lstrip("/"), {})
        for group, kind in kinds
    ]
    found = [one.reference.kind for one in placed(manifests, None)]
    assert found == ["PersistentVolumeClaim", "Job"]


@pytest.mark.parametrize(
    ("value", "goes"),
    [
        ({}, False),
        ({"metadata": {"annotations": {"argocd.argoproj.io/hook": "PreSync"}}}, True),
        ({"spec": {"ttlSecondsAfterFinished": 0}}, True),
    ],
)
def test_a_job_that_goes_when_it_is_done_is_not_missed(
    value: dict[str, Any], *, goes: bool
) -> None:
    assert goes_when_done(value) is goes
