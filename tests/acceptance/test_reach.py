"""What a change does not reach is what it was; what it reaches is judged as a whole run would."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clusterhome import linked_programs
from fleetcopy import FleetCopy, programs_on_path
from fleetops.api.bench import bench
from fleetops.api.fleet import fleet_in
from fleetops.api.safeguards import former
from fleetops.api.validate import Request, Since, validate
from fleetops.checks import GATES, SAFEGUARDS, UNUSED_EXCEPTION
from fleetops.danger import IDS
from smallfleet import CLAIM, RELEASE, SERVICE, WEB
from widgets import DEFINITION

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetops.api.results.findings import Finding
    from fleetops.api.results.validation import Validation

pytestmark = pytest.mark.acceptance

CONFIG = """\
version: 1
environments:
  - {name: first, overlay: overlays/first, kubernetes: ["1.37"]}
  - {name: parted, overlay: overlays/parted, kubernetes: ["1.37"]}
  - {name: made, overlay: linked/made, kubernetes: ["1.37"], gates: {approvals: codeowners}}
  - {name: custom, overlay: overlays/custom, kubernetes: ["1.37"], prerequisites: [crds]}
  - {name: filled, overlay: overlays/filled, kubernetes: ["1.37"], flux: sync.yaml}
schemas: [schemas]
registries: [example.test]
exceptions:
  - check: service-selects-nothing
    resource: Service/web
    reason: It is filled by hand.
    environments: [custom]
"""
SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: filled, namespace: flux-system}
spec:
  interval: 10m
  path: ./overlays/filled
  prune: true
  sourceRef: {kind: GitRepository, name: fleet}
  postBuild: {substitute: {count: "2"}}
"""
WIDGET = """\
---
apiVersion: example.test/v1
kind: Widget
metadata: {name: a, namespace: shop}
spec: {size: small}
"""
IMAGES = "images: [{{name: example.test/web, newTag: {}}}]\n"
LOST = SERVICE.replace("{app: web}", "{app: lost}")
FILES = {
    "fleetops.yaml": CONFIG,
    "CODEOWNERS": "/overlays/made/kustomization.yaml @ops\n",
    "sync.yaml": SYNC,
    "releases/v1.yaml": RELEASE.format(name="v1"),
    "releases/v2.yaml": RELEASE.format(name="v2"),
    "schemas/other.test/thing_v1.json": "{}",
    "crds/widget.yaml": DEFINITION,
    "bases/web/kustomization.yaml": "resources: [web.yaml]\n",
    "bases/web/web.yaml": WEB,
    "bases/other/kustomization.yaml": "resources: [web.yaml, service.yaml]\n",
    "bases/other/web.yaml": WEB,
    "bases/other/service.yaml": LOST,
    "parts/claim/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [claim.yaml]\n"
    ),
    "parts/claim/claim.yaml": CLAIM,
    "overlays/first/kustomization.yaml": "resources: [../../bases/web]\n" + IMAGES.format("v1"),
    "overlays/parted/kustomization.yaml": (
        "resources: [../../bases/web]\ncomponents: [../../parts/claim]\n" + IMAGES.format("v2")
    ),
    "overlays/made/kustomization.yaml": (
        "resources: [../../bases/other]\nconfigMapGenerator: [{name: a, files: [level.txt]}]\n"
        + IMAGES.format("v3")
    ),
    "overlays/made/level.txt": "info",
    "overlays/custom/kustomization.yaml": (
        "resources: [../../bases/other, widget.yaml]\n" + IMAGES.format("v2")
    ),
    "overlays/custom/widget.yaml": WIDGET,
    "overlays/filled/kustomization.yaml": (
        "resources: [../../bases/web]\npatches: [{path: patch.yaml}]\n" + IMAGES.format("v1")
    ),
    "overlays/filled/patch.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
        "spec:\n  replicas: ${count}\n"
    ),
}
ALL = ("first", "parted", "made", "custom", "filled")


class Reached(FleetCopy):
    """A fleet whose environments share bases and nothing else."""

    def flat(self, path: str, old: str, new: str) -> None:
        """Replace a text wherever it stands."""
        assert old in self.read(path)
        self.write(path, self.read(path).replace(old, new))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def turn(self, link: str, target: str) -> None:
        """Have a link lead elsewhere."""
        self.remove(link)
        (self.root / link).symlink_to(target)


Edit = tuple["Callable[[Reached], None]", tuple[str, ...]]
EDITS: dict[str, Edit] = {
    "a word that nothing reads": (lambda one: one.write("README.md", "Words."), ()),
    "a base": (
        lambda one: one.flat("bases/web/web.yaml", "    matchLabels", "    matchlabels"),
        ("first", "parted", "filled"),
    ),
    "a file of a base that is gone": (
        lambda one: one.remove("bases/other/service.yaml"),
        ("made", "custom"),
    ),
    "a component": (
        lambda one: one.append("parts/claim/claim.yaml", "  volumeName: disk\n"),
        ("parted",),
    ),
    "a second kustomization": (
        lambda one: one.write("parts/claim/kustomization.yml", "resources: []\n"),
        ("parted",),
    ),
    "a file of a generator": (lambda one: one.write("overlays/made/level.txt", "${x}"), ("made",)),
    "where a link leads": (lambda one: one.turn("linked", "overlays/first"), ("made",)),
    "the owners": (lambda one: one.write("CODEOWNERS", "* @all\n"), ("made",)),
    "a definition": (
        lambda one: one.flat("crds/widget.yaml", "size: {type: integer}", "size: {type: string}"),
        ("custom",),
    ),
    "a schema": (lambda one: one.write("schemas/other.test/thing_v1.json", "{ }"), ALL),
    "a new release": (
        lambda one: one.write("releases/v4.yaml", RELEASE.format(name="v4")),
        (),
    ),
    "a release that something runs": (
        lambda one: one.flat("releases/v2.yaml", "tag: v2", "tag: v5"),
        ("parted", "custom"),
    ),
    "the release that something lacks": (
        lambda one: one.write("releases/v3.yaml", RELEASE.format(name="v3")),
        ("made",),
    ),
    "an exception": (
        lambda one: one.flat("fleetops.yaml", "environments: [custom]", "environments: [made]"),
        ("made", "custom"),
    ),
    "a minor": (
        lambda one: one.flat(
            "fleetops.yaml", 'first, kubernetes: ["1.37"]', 'first, kubernetes: ["1.36"]'
        ),
        ("first",),
    ),
    "a registry": (lambda one: one.flat("fleetops.yaml", "[example.test]", "[a.test]"), ALL),
    "an environment that is new": (
        lambda one: one.flat(
            "fleetops.yaml",
            "schemas:",
            '  - {name: new, overlay: bases/web, kubernetes: ["1.37"]}\nschemas:',
        ),
        ("new",),
    ),
    "variables": (lambda one: one.flat("sync.yaml", '"2"', '"two"'), ("filled",)),
}
OF_A_CHANGE = {*IDS, *(one.id for one in (*GATES, *SAFEGUARDS))}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Reached:  # noqa: ARG001
    """Give the fleet as it is committed, which is copied for each change."""
    fleet = Reached(tmp_path_factory.mktemp("start") / "repository")
    for path, text in FILES.items():
        fleet.write(path, text)
    (fleet.root / "linked").symlink_to("overlays")
    fleet.git("init", "--quiet", "--initial-branch=main")
    fleet.commit()
    return fleet


@pytest.fixture(scope="module")
def known(start: Reached) -> Found:
    """Give what a whole run finds before any change."""
    return whole(start)


Found = dict[str, "list[Finding]"]


def by_environment(result: Validation, *left_out: str) -> Found:
    """Give the findings of each environment, but those that are about several."""
    found: Found = {name: [] for name in (*result.environments, *result.unreached)}
    for one in result.findings:
        if one.check not in {*left_out, UNUSED_EXCEPTION.id}:
            found[one.environment].append(one)
    return found


def whole(fleet: Reached) -> Found:
    """Look at every environment, with nothing remembered, by what decides in the fleet's change."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as cache:
        linked_programs(Path(cache))
        patch.setenv("XDG_CACHE_HOME", cache)
        now = fleet_in(fleet.root)
        with bench(now, print) as place:
            judged = former(place, "HEAD").judging(now, accepted=False)
            return by_environment(validate(judged, Request(), print))


def test_an_error_that_another_environment_had_before_blocks_nothing(
    start: Reached, tmp_path: Path
) -> None:
    fleet = Reached(tmp_path / "repository")
    shutil.copytree(start.root, fleet.root, symlinks=True)
    (tmp_path / "tmp").mkdir()
    fleet.append("overlays/filled/patch.yaml", "  revisionHistoryLimit: 3\n")
    assert fleet.run("validate").code == 1
    done = fleet.run("validate", "--from", "HEAD")
    said = "filled: 2 manifests, ok; 4 environments are not reached\n"
    assert (done.code, done.out) == (0, said)


def test_nothing_is_rendered_for_what_is_not_reached(start: Reached, tmp_path: Path) -> None:
    fleet = Reached(tmp_path / "repository")
    shutil.copytree(start.root, fleet.root, symlinks=True)
    (tmp_path / "tmp").mkdir()
    log = tmp_path / "log"
    environment = programs_on_path(tmp_path, kustomize=f'echo x >> {log}; exec $REAL "$@"')
    fleet.write("README.md", "Words.")
    assert fleet.run("validate", "--from", "HEAD", **environment).code == 0
    assert not log.exists()
    fleet.append("parts/claim/claim.yaml", "  volumeName: disk\n")
    fleet.run("validate", "--from", "HEAD", **environment)
    # As it was, and as it is.
    assert len(log.read_text().splitlines()) == 2


@settings(max_examples=8, deadline=None)
@given(st.sets(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3))
@example({"a new release"})
@example({"a base", "a file of a generator"})
def test_what_is_not_reached_is_as_it_was_and_the_rest_as_a_whole_run_finds_it(
    start: Reached, known: Found, names: set[str]
) -> None:
    with TemporaryDirectory() as folder:
        fleet = Reached(Path(folder) / "repository")
        shutil.copytree(start.root, fleet.root, symlinks=True)
        for name in sorted(names):
            EDITS[name][0](fleet)
        result = validate(fleet_in(fleet.root), Request(since=Since("HEAD")), print)
        after = whole(fleet)
    assert set(result.environments) == {one for name in names for one in EDITS[name][1]}
    assert set(result.environments) | set(result.unreached) == set(after)
    for one in result.unreached:
        assert after[one] == known[one]
    found = by_environment(result, *OF_A_CHANGE)
    for one in result.environments:
        assert found[one] == [it for it in after[one] if it.check not in OF_A_CHANGE]
