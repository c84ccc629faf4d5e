"""A promotion is proven: the render differs in the images of the release, and in nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetops.catalogue import Release, ReleaseImage
from fleetops.change import differences, prove, wanted_images
from fleetops.errors import Place, RefusedError
from fleetops.kustomization import ImageEntry
from fleetops.manifests import parse

if TYPE_CHECKING:
    from fleetops.manifests import Manifest

PLACE = Place("overlay/kustomization.yaml")
RENDER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      initContainers:
        - name: prepare
          image: web:1
      containers:
        - name: web
          image: web:1
        - name: proxy
          image: proxy:7
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: conf
data:
  note: web:1
"""
PROMOTED = RENDER.replace("image: web:1", "image: web:2")
WANTED = {"web": ("web", "web:2")}


def manifests(text: str) -> tuple[Manifest, ...]:
    return parse(text, "render")


def entry(name: str, new_name: str | None = None) -> ImageEntry:
    return ImageEntry(0, 1, name, new_name, "1", None)


def test_every_container_that_changes_is_named() -> None:
    changes = prove(manifests(RENDER), manifests(PROMOTED), WANTED, PLACE)
    assert [
        (one.service, str(one.resource), one.container, one.before, one.after) for one in changes
    ] == [
        ("web", "Deployment/web", "prepare", "web:1", "web:2"),
        ("web", "Deployment/web", "web", "web:1", "web:2"),
    ]


def test_where_nothing_changes_that_is_proven_too() -> None:
    assert prove(manifests(PROMOTED), manifests(PROMOTED), WANTED, PLACE) == ()


def test_the_order_of_objects_and_of_keys_is_no_change() -> None:
    first, second = PROMOTED.split("---\n")
    turned = f"{second}---\n{first}".replace(
        "        - name: proxy\n          image: proxy:7",
        "        - image: proxy:7\n          name: proxy",
    )
    assert len(prove(manifests(RENDER), manifests(turned), WANTED, PLACE)) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("proxy:7", "proxy:8", "spec.template.spec.containers.1.image would change"),
        ("replicas: 1", "replicas: 2", "spec.replicas would change"),
        ("  replicas: 1\n", "", "spec.replicas would change"),
        ("replicas: 1", "replicas: '1'", "spec.replicas would change"),
        ("replicas: 1", "replicas: true", "spec.replicas would change"),
        ("replicas: 1", "replicas: 1\n  paused: null", "spec.paused would change"),
        ("note: web:1", "note: web:2", "ConfigMap/conf: data.note would change"),
        ("name: conf", "name: other", "ConfigMap/other would appear"),
        ("kind: ConfigMap", "kind: Secret", "Secret/conf would appear"),
        ("        - name: proxy\n          image: proxy:7\n", "", "containers.1 would change"),
        (
            "name: prepare\n          image: web:2",
            "name: prepare\n          image: web:1",
            "would run web:1",
        ),
        ("image: web:2", "image: web:2@sha256:a", "would run web:2@sha256:a and not web:2"),
        ("image: web:2", "image: wep:2", "no workload would run web:2: the entry of web"),
    ],
)
def test_refused_where_anything_else_would_change(old: str, new: str, said: str) -> None:
    assert old in PROMOTED
    with pytest.raises(RefusedError) as caught:
        prove(manifests(RENDER), manifests(PROMOTED.replace(old, new)), WANTED, PLACE)
    assert said in caught.value.message
    assert caught.value.place == PLACE
    assert caught.value.hint


def test_refused_where_an_object_would_disappear() -> None:
    only = PROMOTED.partition("---")[0]
    with pytest.raises(RefusedError, match="ConfigMap/conf would disappear"):
        prove(manifests(RENDER), manifests(only), WANTED, PLACE)


def test_a_refusal_says_no_value_for_it_may_be_secret() -> None:
    template = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  key: {0}\n---\n"
    before, after = (manifests(template.format(word) + PROMOTED) for word in ("b2xk", "bmV3"))
    with pytest.raises(RefusedError) as caught:
        prove(before, after, WANTED, PLACE)
    assert "data.key would change" in str(caught.value)
    assert "bmV3" not in str(caught.value)
    assert "b2xk" not in str(caught.value)


def test_an_object_that_stands_twice_is_compared_with_its_like() -> None:
    twice = manifests(f"{RENDER}---\n{RENDER}")
    assert list(differences(twice, twice)) == []
    assert [one.after for one in differences(twice, manifests(RENDER))] == [None, None]


def test_the_wanted_image_has_the_name_that_the_overlay_gives_it() -> None:
    images = {"web": ReleaseImage(name="web", tag="2"), "db": ReleaseImage(name="db", tag="1")}
    release = Release("r", "", images, Place("r.yaml"))
    entries = [entry("web", "mirror:5000/web"), entry("db"), entry("other", "another")]
    assert wanted_images(release, entries, Place("k.yaml")) == {
        "mirror:5000/web": ("web", "mirror:5000/web:2"),
        "db": ("db", "db:1"),
    }
