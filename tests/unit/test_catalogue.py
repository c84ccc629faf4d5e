"""What fleetops.yaml and the release files may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetops.catalogue import (
    Release,
    ReleaseImage,
    read_config,
    read_releases,
    releases_with,
    running_release,
)
from fleetops.errors import InputError, Place, UsageError
from fleetops.files import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.catalogue import Config

CONFIG = """\
version: 1
environments:
  - name: dev
    overlay: dev
    kubernetes: ["1.36", "1.37"]
  - name: prod
    overlay: prod
    kubernetes: ["1.36"]
"""
RELEASE = "release: {0}\nimages:\n  web:\n    name: example.com:5000/a/web\n    tag: {0}\n"


def config(folder: Path, text: str) -> Config:
    (folder / "fleetops.yaml").write_text(text)
    return read_config(Repository.at(folder), ("1.36", "1.37"), lambda: ["known"])


def catalogue(folder: Path, **files: str) -> dict[str, Release]:
    (folder / "releases").mkdir()
    for name, text in files.items():
        (folder / "releases" / f"{name}.yaml").write_text(text)
    return read_releases(Repository.at(folder), "releases")


def test_environments_come_in_their_order(tmp_path: Path) -> None:
    found = config(tmp_path, CONFIG)
    dev, prod = found.environments
    assert (found.before(dev), found.before(prod)) == (None, dev)
    assert found.environment("prod") is prod
    assert (found.catalogue, found.schemas, found.exceptions) == ("releases", (), ())
    with pytest.raises(UsageError, match=r"unknown environment 'prd' \(did you mean prod\?\)"):
        found.environment("prd")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("version: 1\n", "", 1, "lacks the key `version`"),
        ("version: 1", "version: '1'", 1, "version: expected a whole number, got a text"),
        ("version: 1", "version: 1\nhelm: 'yes'", 2, "helm: expected true or false, got a text"),
        ("name: prod", "name: Prod", 6, "name: 'Prod' cannot stand here: A name of lower-case"),
        ("name: prod", "name: dev", 6, "names the environment 'dev' twice"),
        ('["1.36"]', "[1.36]", 8, "quote it: YAML reads it as something else"),
        ('["1.36"]', "[]", 8, "environments.1.kubernetes: expected a list that is not empty"),
        ('["1.36"]', '["v1.36"]', 8, "environments.1.kubernetes.0: "),
        ('["1.36"]', '["1.63"]', 8, "unknown Kubernetes minor '1.63' (did you mean 1.37?)"),
        ("    overlay: prod\n", "", 6, "environments.1: lacks the key `overlay`"),
        ("overlay: prod", "overly: prod", 7, "unknown key 'overly' (did you mean overlay?)"),
        ("version: 1", "versions: 1", 1, "unknown key 'versions' (did you mean version?)"),
        (
            "version: 1",
            "remotes: [https://example.com]\nversion: 1",
            1,
            "remotes.0: 'https://example.com' cannot stand here: A host or a folder of one",
        ),
        (
            "version: 1",
            f"registries: [{'a' * 999}/]\nversion: 1",
            1,
            f"'{'a' * 99} cannot stand here",
        ),
        ("version: 1", "registries: ['https://ghcr.io']\nversion: 1", 1, "without https://"),
        ("version: 1", "version: 1.5", 1, "expected a whole number, got a number"),
        ("version: 1", 'version: 1\n"a\\nb": 1', 2, "unknown key"),
        ("version: 1", "schemas: [none]\nversion: 1", 1, "none does not exist"),
        ("version: 1", "version: 1\nversion: 1", 2, "has the key 'version' twice"),
        ("version: 1", "---\nversion: 1\n---\nversion: 1", None, "has 2 YAML documents"),
    ],
)
def test_a_mistake_in_the_configuration_has_its_line(
    old: str, new: str, line: int | None, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        config(tmp_path, CONFIG.replace(old, new))
    assert caught.value.place == Place("fleetops.yaml", line)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("exception", "said"),
    [
        ("{}", "exceptions.0: lacks the key `check`"),
        ("{check: known, resource: a/b}", "exceptions.0: lacks the key `reason`"),
        ("{check: known, resource: a/b, reason: short}", "exceptions.0.reason: "),
        ("{check: known, resource: a, reason: Because it is}", "exceptions.0.resource: "),
        ("{check: knwon, resource: a/b, reason: Because it is}", "(did you mean known?)"),
        (
            "{check: known, resource: a/b, reason: Because it is, environments: [test]}",
            "unknown environment 'test' (known: dev, prod)",
        ),
    ],
)
def test_a_mistake_in_an_exception_has_its_line(exception: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        config(tmp_path, f"{CONFIG}exceptions:\n  - {exception}\n")
    assert caught.value.place == Place("fleetops.yaml", 10)
    assert said in str(caught.value)


def test_releases_are_ordered_by_their_numbers(tmp_path: Path) -> None:
    names = ("v10", "v9", "v1", "release2", "release10")
    found = catalogue(tmp_path, **{name: RELEASE.format(name) for name in names})
    assert list(found) == ["release2", "release10", "v1", "v9", "v10"]
    assert found["v9"].images["web"].version == ":v9"
    assert found["v9"].place == Place("releases/v9.yaml", 1)


def test_a_digest_is_part_of_the_version(tmp_path: Path) -> None:
    digest = f"    digest:\n      sha256: {'a' * 64}\n      seen: in the registry, today\n"
    found = catalogue(tmp_path, v1=RELEASE.format("v1") + digest)
    assert found["v1"].images["web"].version == f":v1@sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("release: v1", "release: v2", 1, "holds the release 'v2'"),
        ("tag: v1", "tag: 1.10", 5, "quote it"),
        ("tag: v1", "tag: -v1", 5, "images.web.tag: "),
        ("tag: v1", "tag: ''", 5, "images.web.tag: "),
        ("tag: v1", f"tag: {'v' * 129}", 5, "images.web.tag: "),
        ("tag: v1", 'tag: "v1\\n"', 5, "images.web.tag: "),
        ("a/web", "a/web:v1", 4, "images.web.name: "),
        ("example.com:5000/a/web", "web:5000", 4, "images.web.name: "),
        ("a/web", "a/Web", 4, "images.web.name: "),
        ("tag: v1", "tags: v1", 5, "unknown key 'tags' (did you mean tag?) in images.web"),
        ("    tag: v1\n", "", 3, "images.web: lacks the key `tag`"),
        ("    tag: v1", "    tag: v1\n    digest: sha256:a", 6, "images.web.digest: "),
        (
            "    tag: v1",
            f"    tag: v1\n    digest:\n      sha256: {'a' * 64}",
            6,
            "images.web.digest: lacks the key `seen`",
        ),
        (
            "    tag: v1",
            "    tag: v1\n  api: {name: example.com:5000/a/web, tag: v1}",
            6,
            "image of web",
        ),
        ("images:", "image:", 2, "unknown key 'image' (did you mean images?)"),
    ],
)
def test_a_mistake_in_a_release_has_its_line(
    old: str, new: str, line: int, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        catalogue(tmp_path, v1=RELEASE.format("v1").replace(old, new))
    assert caught.value.place == Place("releases/v1.yaml", line)
    assert said in str(caught.value)


def test_a_release_has_one_file(tmp_path: Path) -> None:
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases/v1.yml").write_text(RELEASE.format("v1"))
    (tmp_path / "releases/v1.yaml").write_text(RELEASE.format("v1"))
    with pytest.raises(InputError, match="holds the same release as"):
        read_releases(Repository.at(tmp_path), "releases")


def test_other_files_beside_the_releases_are_none(tmp_path: Path) -> None:
    (tmp_path / "releases").mkdir()
    for name in ("README.md", ".v1.yaml", "v1.yaml~"):
        (tmp_path / "releases" / name).write_text("no release")
    assert read_releases(Repository.at(tmp_path), "releases") == {}


def release(name: str, **tags: str) -> Release:
    images = {service: ReleaseImage(name=service, tag=tag) for service, tag in tags.items()}
    return Release(name, "", images, Place(f"{name}.yaml"))


RELEASES = {
    "one": release("one", a="1", b="1"),
    "two": release("two", a="2", b="1"),
    "more": release("more", a="2", b="1", c="1"),
    "same": release("same", a="1", b="1"),
}


@pytest.mark.parametrize(
    ("versions", "name"),
    [
        ({"a": {":2"}, "b": {":1"}}, "two"),
        ({"a": {":2"}, "b": {":1"}, "z": {":9"}}, "two"),
        ({"a": {":2"}, "b": {":1"}, "c": {":1"}}, "more"),
        ({"a": {":1"}, "b": {":1"}}, "same"),
        ({"a": {":2"}}, None),
        ({"a": {":2", ":1"}, "b": {":1"}}, None),
        ({}, None),
    ],
)
def test_the_release_that_runs_is_the_one_that_fits_as_a_whole(
    versions: dict[str, set[str]], name: str | None
) -> None:
    found = running_release(versions, RELEASES)
    assert (found.name if found else None) == name


def test_the_releases_that_have_an_image() -> None:
    assert releases_with("a", ":2", RELEASES) == ("two", "more")
    assert releases_with("a", ":3", RELEASES) == ()
