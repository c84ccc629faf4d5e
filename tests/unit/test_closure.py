"""Everything that kustomize would read is found before it starts, or refused at its line."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from fleetops.errors import InputError
from fleetops.files import MAX_BYTES, Repository
from fleetops.kustomization import read_closure

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.kustomization import Closure

OVERLAY = "overlays/local"
TOP = f"{OVERLAY}/kustomization.yaml"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
BUILTIN = "apiVersion: builtin\nkind: {}\nmetadata:\n  name: x\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def closure(root: Path, overlay: str = OVERLAY) -> Closure:
    return read_closure(Repository.at(root), overlay)


def refusal(root: Path, overlay: str = OVERLAY) -> InputError:
    with pytest.raises(InputError) as caught:
        closure(root, overlay)
    return caught.value


REFERENCES = {
    "resources": "resources:\n- {}\n",
    "bases": "bases:\n- {}\n",
    "components": "components:\n- {}\n",
    "crds": "crds:\n- {}\n",
    "configurations": "configurations:\n- {}\n",
    "generators": "generators:\n- {}\n",
    "transformers": "transformers:\n- {}\n",
    "validators": "validators:\n- {}\n",
    "patchesStrategicMerge": "patchesStrategicMerge:\n- {}\n",
    "patches path": "patches:\n- path: {}\n",
    "patchesJson6902 path": "patchesJson6902:\n- path: {}\n",
    "replacements path": "replacements:\n- path: {}\n",
    "openapi path": "openapi:\n  path: {}\n",
    "configMapGenerator files": "configMapGenerator:\n- name: x\n  files: [{}]\n",
    "configMapGenerator key": "configMapGenerator:\n- name: x\n  files: ['key={}']\n",
    "configMapGenerator envs": "configMapGenerator:\n- name: x\n  envs: [{}]\n",
    "secretGenerator env": "secretGenerator:\n- name: x\n  env: {}\n",
    "inline generator": (
        "generators:\n- |\n  apiVersion: builtin\n  kind: SecretGenerator\n  files: ['k={}']\n"
    ),
    "inline flow transformer": (
        "transformers:\n- '{{apiVersion: builtin, kind: PatchTransformer, path: \"{}\"}}'\n"
    ),
    "inline replacement": (
        "transformers:\n- |\n  apiVersion: builtin\n  kind: ReplacementTransformer\n"
        "  replacements:\n  - path: {}\n"
    ),
    "inline patches": (
        "transformers:\n- |\n  apiVersion: builtin\n  kind: PatchStrategicMergeTransformer\n"
        "  paths:\n  - {}\n"
    ),
    "inline value": (
        "transformers:\n- |\n  apiVersion: builtin\n  kind: ValueAddTransformer\n"
        "  targetFilePath: {}\n"
    ),
}
LOADED = ("resources", "bases", "components")
"""What else than a file of the repository can be named in."""
NOT_THERE = {
    "https": "is a file, which is not fetched",
    "http in capitals": "is a file, which is not fetched",
    "http without slashes": "is no URL of a Git repository that is fetched",
    "github": "github.com/acme/fleet is not listed under remotes",
    "github with a branch": "github.com/acme/fleet is not listed under remotes",
    "ssh": "example.invalid/a/b is not listed under remotes",
    "scp": "example.invalid/a/b is not listed under remotes",
    "any user": "is no URL of a Git repository that is fetched",
    "file": "is no URL of a Git repository that is fetched",
    "forced git": "is no URL of a Git repository that is fetched",
}
"""What is said of those where a base of another repository could be."""
ELSEWHERE = {
    "https": ("https://example.invalid/a.yaml", "is not in the repository"),
    "http in capitals": ("HTTP://example.invalid/a.yaml", "is not in the repository"),
    "http without slashes": ("http:example.invalid", "is not in the repository"),
    "github": ("github.com/acme/fleet", "is not in the repository"),
    "github with a branch": ("GitHub.com/acme/fleet//x?main", "is not in the repository"),
    "ssh": ("ssh://git@example.invalid/a/b", "is not in the repository"),
    "scp": ("git@example.invalid:a/b", "is not in the repository"),
    "any user": ("someone@example.invalid/a/b", "is not in the repository"),
    "file": ("file:///etc/passwd", "is not in the repository"),
    "forced git": ("git::https://example.invalid/a/b", "is not in the repository"),
    "absolute": ("/etc/passwd", "is not a relative path"),
    "two slashes": ("//x?main", "is not a relative path"),
    "above the repository": ("../../../x.yaml", "leads out of the repository"),
    "down and up again": ("../local/../../../x.yaml", "leads out of the repository"),
    "link to a file outside": ("outside.yaml", "leads out of the repository"),
    "link to a folder outside": ("outside/x.yaml", "leads out of the repository"),
    "link to nowhere": ("dangling.yaml", "does not exist"),
    "link to itself": ("loop.yaml", "cannot be read"),
    "missing": ("missing.yaml", "does not exist"),
    "pipe": ("pipe.yaml", "is not a file"),
    "device": ("device.yaml", "leads out of the repository"),
    "large": ("large.yaml", "is larger than 8 MiB"),
}


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Make a repository whose overlay has everything in it that must not be read."""
    root = tmp_path / "repository"
    folder = root / OVERLAY
    folder.mkdir(parents=True)
    outside = tmp_path / "outside"
    write(outside, {"x.yaml": CONFIG_MAP})
    (folder / "outside.yaml").symlink_to(outside / "x.yaml")
    (folder / "outside").symlink_to(outside)
    (folder / "dangling.yaml").symlink_to("nowhere.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "device.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.yaml")
    with (folder / "large.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    return root


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_what_must_not_be_read_is_refused_where_it_is_written(
    hostile: Path, reference: str, elsewhere: str
) -> None:
    path, message = ELSEWHERE[elsewhere]
    if reference == "components" and elsewhere in ("pipe", "large"):
        message = "is not a folder"
    if reference in LOADED:
        message = NOT_THERE.get(elsewhere, message)
    text = REFERENCES[reference].format(path)
    write(hostile, {TOP: text})
    error = refusal(hostile)
    assert message in error.message
    assert error.place is not None
    assert error.place.path == TOP
    assert error.place.line is not None
    assert 1 < error.place.line <= text.count("\n")


FILES = {
    "is no mapping": ("- a\n", "is not one kustomization", None),
    "is empty": ("", "is not one kustomization", None),
    "is two": ("resources: []\n---\nresources: [x]\n", "has a second document", 3),
    "begins with nothing": ("---\n---\nresources: []\n", "is not one kustomization", None),
    "is no YAML": ("resources: [\n", "is not YAML", 2),
    "has a key twice": ("resources: []\nresources: []\n", "has the key 'resources' twice", 2),
    "has a wrong case": ("namespace: a\nResources: []\n", "did you mean resources?", 2),
    "has an unknown field": ("resource: []\n", "did you mean resources?", 1),
    "has a hidden path": ("patches:\n- Path: x\n", "Path is not written as", 2),
    "has hidden files": (
        "secretGenerator:\n- name: x\n  File\u017f: [x]\n",
        "is not written as kustomize documents it",
        3,
    ),
    "has Helm charts": ("resources: []\nhelmCharts: []\n", "no chart is rendered unless", 2),
    "has Helm globals": ("helmGlobals: {}\n", "no chart is rendered unless", 1),
    "has a word for a list": ("resources: x.yaml\n", "resources is not a list", 1),
    "has a number for a list": ("images: 5\n", "images is not a list", 1),
    "has a number for a tag": ("images:\n- name: x\n  newTag: 1.10\n", "newTag is no text", 3),
    "has a list for a name": ("images:\n- name: [x]\n", "name is no text", 2),
    "has an unknown key of an image": ("images:\n- nam: x\n", "did you mean name?", 2),
    "has a mapping for a list": ("patches: {path: x}\n", "patches is not a list", 1),
    "has a mapping for a word": ("resources:\n- a: b\n", "an item of resources is no word", 2),
    "has null for a word": ("resources:\n-\n", "an item of resources is no word", 2),
    "has a number for a path": ("patches:\n- path: 1\n", "path is no word", 2),
    "has a word for a patch": ("patches:\n- x.yaml\n", "patches is no mapping", 2),
    "has a list for openapi": ("openapi: []\n", "openapi is no mapping", 1),
    "has no word for openapi": ("openapi:\n  path: {}\n", "openapi.path is no word", 2),
    "has a word for files": (
        "configMapGenerator:\n- name: x\n  files: a\n",
        "files is not a list",
        3,
    ),
    "has a number in files": (
        "configMapGenerator:\n- name: x\n  files:\n  - 1\n",
        "an item of files is no word",
        4,
    ),
    "has a list for env": ("secretGenerator:\n- env: [a]\n", "env is no word", 2),
    "names its own folder": ("resources: [.]\n", "goes round in a circle", 1),
    "names the folder above": ("resources:\n- ..\n", "goes round in a circle", 2),
    "names the repository": ("resources:\n- ../..\n", "goes round in a circle", 2),
    "has a file for a component": ("components: [x.yaml]\n", "x.yaml is not a folder", 1),
    "has a folder without one": ("resources: [empty]\n", "has no kustomization.yaml", 1),
    "has a folder with two": ("resources: [two]\n", "has both", 1),
    "reads a file of another folder": (
        "patches:\n- path: ../../base/base.yaml\n",
        "is not in or below overlays/local",
        2,
    ),
    "has two entries in one": (
        "resources:\n- ../../base\n - ../../base\n",
        "has '..' inside a name",
        2,
    ),
    "has a folder of plugins": ("transformers: [empty]\n", "empty is a folder", 1),
    "has a program as a plugin": (
        "generators:\n- |\n  apiVersion: acme/v1\n  kind: X\n",
        "is no configuration of one of kustomize's own plugins",
        2,
    ),
    "has a container as a plugin": (
        "transformers:\n- '{apiVersion: v1, kind: X, metadata: {name: x}}'\n",
        "is no configuration of one of kustomize's own plugins",
        2,
    ),
    "has Helm as a plugin": (
        "generators:\n- '{apiVersion: builtin, kind: HelmChartInflationGenerator}'\n",
        "unknown plugin 'HelmChartInflationGenerator'",
        2,
    ),
    "has a list of plugins": (
        "generators:\n- '{apiVersion: builtin, kind: PluginList, items: []}'\n",
        "unknown plugin 'PluginList'",
        2,
    ),
    "has a hidden path in a plugin": (
        "transformers:\n- '{apiVersion: builtin, kind: PatchTransformer, PATH: x}'\n",
        "PATH is not written as",
        2,
    ),
    "has a hidden path in a replacement": (
        (
            "transformers:\n- '{apiVersion: builtin, kind: ReplacementTransformer,"
            " replacements: [{Path: x}]}'\n"
        ),
        "Path is not written as",
        2,
    ),
    "has a place elsewhere that looks inline": (
        'generators:\n- "git@example.invalid:a/b:\\n  x: y"\n',
        "is neither a path nor an object",
        2,
    ),
    "has broken plugins": ("generators:\n- plugin.yaml\n", "is not YAML", 4),
}


@pytest.mark.parametrize("name", FILES)
def test_a_kustomization_that_cannot_be_rendered_is_refused_at_its_line(
    tmp_path: Path, name: str
) -> None:
    text, message, line = FILES[name]
    write(
        tmp_path,
        {
            TOP: text,
            "kustomization.yaml": "resources: []\n",
            "overlays/kustomization.yaml": "resources: []\n",
            "base/kustomization.yaml": "resources: [base.yaml]\n",
            "base/base.yaml": CONFIG_MAP,
            f"{OVERLAY}/x.yaml": CONFIG_MAP,
            f"{OVERLAY}/plugin.yaml": "a:\n- b\nc: [\n",
            f"{OVERLAY}/empty/x.yaml": CONFIG_MAP,
            f"{OVERLAY}/two/kustomization.yaml": "resources: []\n",
            f"{OVERLAY}/two/Kustomization": "resources: []\n",
        },
    )
    error = refusal(tmp_path)
    assert message in error.message
    assert error.place is not None
    path = f"{OVERLAY}/plugin.yaml" if "broken plugins" in name else TOP
    assert (error.place.path, error.place.line) == (path, line)


def test_a_circle_is_said_with_all_that_lie_on_it(tmp_path: Path) -> None:
    for name, following in (("a", "b"), ("b", "c"), ("c", "a")):
        write(tmp_path, {f"{name}/kustomization.yaml": f"resources:\n- ../{following}\n"})
    error = refusal(tmp_path, "a")
    assert error.message == "goes round in a circle: a → b → c → a"
    assert str(error.place) == "c/kustomization.yaml:2"


def test_kustomizations_nest_only_so_deep(tmp_path: Path) -> None:
    for number in range(60):
        write(tmp_path, {f"{number}/kustomization.yaml": f"resources: [../{number + 1}]\n"})
    assert "nests more than 50" in refusal(tmp_path, "0").message


def test_bases_come_first_and_shared_ones_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "top/kustomization.yaml": "resources: [../left, ../right]\n",
            "left/kustomization.yaml": "resources: [../base]\n",
            "right/kustomization.yaml": "bases: [../base]\n",
            "base/kustomization.yaml": "resources: [x.yaml]\n",
            "base/x.yaml": CONFIG_MAP,
        },
    )
    found = closure(tmp_path, "top")
    assert [one.folder for one in found.kustomizations] == ["base", "left", "right", "top"]
    assert found.top.path == "top/kustomization.yaml"
    assert found.files == ("base/x.yaml",)
    assert found.kustomizations[0].resources == ("base/x.yaml",)


def test_a_name_may_begin_with_two_dots(tmp_path: Path) -> None:
    write(
        tmp_path, {"kustomization.yaml": "configMapGenerator: [{files: [..data]}]\n", "..data": ""}
    )
    assert closure(tmp_path, ".").files == ("..data",)


def test_a_folder_named_like_a_kustomization_is_none(tmp_path: Path) -> None:
    write(tmp_path, {TOP: "resources: []\n", f"{OVERLAY}/Kustomization/x": ""})
    assert closure(tmp_path).top.path == TOP


def test_links_are_named_where_they_are_not_behind_one_another(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "base/real.yaml": "resources: [deep/x.yaml]\n",
            "base/deep/x.yaml": CONFIG_MAP,
            TOP: "resources: [linked, linked/deep/x.yaml]\n",
        },
    )
    (tmp_path / "base/kustomization.yaml").symlink_to("real.yaml")
    (tmp_path / OVERLAY / "linked").symlink_to("../../alias")
    (tmp_path / "alias").symlink_to("base")
    write(tmp_path, {TOP: "resources: [linked]\n"})
    found = closure(tmp_path)
    assert found.links == (
        ("base/kustomization.yaml", "base/real.yaml"),
        (f"{OVERLAY}/linked", "base"),
    )
    assert found.kustomizations[0].path == "base/real.yaml"


def test_the_fields_of_plugins_lead_to_their_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "kustomization.yaml": (
                "transformers: [plugins/all.yaml]\n"
                "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n"
                "  files: [a.txt, key=b.txt]\n  envs: [c.env]\n  env: d.env\n"
            ),
            "plugins/all.yaml": "---\n".join(
                [
                    BUILTIN.format("PatchTransformer") + "path: e.yaml\n",
                    BUILTIN.format("PatchStrategicMergeTransformer")
                    + "paths: [f.yaml, '{kind: inline}']\n",
                    BUILTIN.format("ReplacementTransformer") + "replacements: [{path: g.yaml}]\n",
                    BUILTIN.format("ValueAddTransformer") + "targetFilePath: h.yaml\n",
                    BUILTIN.format("NamespaceTransformer") + "path: not/a/file\n",
                    "",
                ]
            ),
            **dict.fromkeys(
                ["a.txt", "b.txt", "c.env", "d.env", "e.yaml", "f.yaml", "g.yaml", "h.yaml"], ""
            ),
        },
    )
    names = ["a.txt", "b.txt", "c.env", "d.env", "e.yaml", "f.yaml", "g.yaml", "h.yaml"]
    assert closure(tmp_path, ".").files == (*names, "plugins/all.yaml")


def test_an_overlay_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"file": ""})
    for overlay in ("file", "missing", "..", "/", "https://example.invalid"):
        assert refusal(tmp_path, overlay).place is not None


def test_what_is_found_is_enough_and_nothing_of_it_too_much(tmp_path: Path) -> None:
    """Taking any one file away makes the closure refuse, so that none is named for nothing."""
    root = tmp_path / "whole"
    write(
        root,
        {
            TOP: "resources: [../../base, x.yaml]\npatches: [{path: p.yaml}]\n",
            f"{OVERLAY}/x.yaml": CONFIG_MAP,
            f"{OVERLAY}/p.yaml": CONFIG_MAP,
            f"{OVERLAY}/unused.yaml": CONFIG_MAP,
            "base/kustomization.yml": "secretGenerator: [{name: x, envs: [a.env]}]\n",
            "base/a.env": "A=b\n",
        },
    )
    found = closure(root)
    assert found.files == ("base/a.env", f"{OVERLAY}/p.yaml", f"{OVERLAY}/x.yaml")
    for number, path in enumerate((*found.files, *(one.path for one in found.kustomizations))):
        copy = tmp_path / str(number)
        shutil.copytree(root, copy)
        (copy / path).unlink()
        assert refusal(copy).place is not None
