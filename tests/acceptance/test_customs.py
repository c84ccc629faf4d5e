"""Custom resources are judged by the definitions that the repository has, or by nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from widgets import DEFINITION

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetcopy import Done
    from smallfleet import SmallFleet

pytestmark = pytest.mark.acceptance

CONFIG = "fleetops.yaml"
OBJECTS = "overlays/one/objects.yaml"
WIDGET = """\
apiVersion: example.test/v1
kind: Widget
metadata: {name: a, namespace: shop}
spec:
  size: 1
  port: http
  free: {any: [thing]}
  template: {apiVersion: v1, kind: ConfigMap, data: {}}
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n"
MISTAKES = {
    "another type": ("size: 1", "size: one", "schema"),
    "no such field": ("size: 1", "size: 1\n  sise: 1", "schema"),
    "not what is required": ("  size: 1\n", "", "schema"),
    "no word or number": ("port: http", "port: [http]", "schema"),
    "no resource": ("kind: ConfigMap, ", "", "schema"),
    "a version that is not served": ("example.test/v1", "example.test/v1alpha1", "unknown-kind"),
    "another kind": ("kind: Widget", "kind: Wigdet", "unknown-kind"),
}


def named_as_a_file(fleet: SmallFleet) -> None:
    fleet.write("definitions.yaml", f"{CONFIG_MAP}---\n{DEFINITION}")
    fleet.append(CONFIG, "schemas: [definitions.yaml]\n")
    fleet.objects(WIDGET)


def named_by_its_folder(fleet: SmallFleet) -> None:
    fleet.write("schemas/deep/er/widgets.yml", DEFINITION)
    fleet.append(CONFIG, "schemas: [schemas]\n")
    fleet.objects(WIDGET)


def rendered_beside_it(fleet: SmallFleet) -> None:
    fleet.objects(f"{DEFINITION}---\n{WIDGET}")


def a_prerequisite(fleet: SmallFleet) -> None:
    fleet.write("needed/widgets.yaml", DEFINITION)
    fleet.edit(CONFIG, '["1.37"]', '["1.37"]\n    prerequisites: [needed]')
    fleet.objects(WIDGET)


def defining(fleet: SmallFleet) -> str:
    """Find the file with the definition."""
    (file,) = (path for path in fleet.root.rglob("*.y*ml") if DEFINITION in path.read_text())
    return str(file.relative_to(fleet.root))


WAYS = [named_as_a_file, named_by_its_folder, rendered_beside_it, a_prerequisite]


@pytest.mark.parametrize("way", WAYS)
def test_a_custom_resource_is_judged_by_its_definition(
    way: Callable[[SmallFleet], None], small: SmallFleet
) -> None:
    way(small)
    assert small.json("validate").findings == []
    small.edit(OBJECTS, "size: 1", "size: one")
    line = small.line(OBJECTS, "size: one")
    assert small.json("validate").findings == [("schema", OBJECTS, line)]
    # What was said of it before is no longer so with another definition.
    small.edit(defining(small), "size: {type: integer}", "size: {type: string}")
    assert small.json("validate").findings == []


def test_a_custom_resource_does_not_pass_with_a_mistake(small: SmallFleet) -> None:
    widgets = [
        WIDGET.replace(old, new).replace("name: a,", f"name: a{index},")
        for index, (old, new, _) in enumerate(MISTAKES.values())
    ]
    small.objects("---\n".join([DEFINITION, *widgets]))
    found = {
        (one["resource"].rpartition("/")[2], one["check"])
        for one in small.json("validate").data["findings"]
    }
    checks = (check for _, _, check in MISTAKES.values())
    assert found == {(f"a{index}", check) for index, check in enumerate(checks)}


def test_an_environment_has_no_use_of_what_another_defines(small: SmallFleet) -> None:
    small.objects(f"{DEFINITION}---\n{WIDGET}")
    small.append(CONFIG, "  - {name: two, overlay: overlays/two, kubernetes: ['1.36']}\n")
    small.write("overlays/two/kustomization.yaml", "resources: [widget.yaml]\n")
    small.write("overlays/two/widget.yaml", WIDGET)
    done = small.json("validate")
    assert done.findings == [("unknown-kind", "overlays/two/widget.yaml", 1)]


def test_no_definition_takes_the_place_of_what_kubernetes_has(small: SmallFleet) -> None:
    loose = "schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}"
    head, _, _ = DEFINITION.partition("      schema:")
    definition = f"{head}      {loose}\n".replace("example.test", "apps").replace(
        "Widget", "Deployment"
    )
    small.objects(definition)
    small.edit("overlays/one/web.yaml", "  selector:\n", "  replicsa: 1\n  selector:\n")
    assert ("schema", "overlays/one/web.yaml") in {
        (check, file) for check, file, _ in small.json("validate").findings
    }


def test_what_defines_nothing_is_refused_and_lets_nothing_pass(small: SmallFleet) -> None:
    named_as_a_file(small)
    small.edit("definitions.yaml", "size: {type: integer}", "size: [integer]")
    assert "definitions.yaml:5: defines no custom resource: " in small.refused("validate")
    small.objects(f"{small.read('definitions.yaml')}---\n{WIDGET}".replace("name: a,", "name: b,"))
    small.edit(CONFIG, "schemas: [definitions.yaml]\n", "")
    assert "unknown-kind" in {check for check, _, _ in small.json("validate").findings}


def test_what_the_repository_defines_comes_before_what_the_package_has(small: SmallFleet) -> None:
    definition = DEFINITION.replace("example.test", "argoproj.io").replace("Widget", "Application")
    definition = definition.replace("name: v1\n", "name: v1alpha1\n", 1)
    definition = definition.partition("    - name: v1alpha1\n      served: false")[0]
    application = WIDGET.replace(
        "example.test/v1\nkind: Widget", "argoproj.io/v1alpha1\nkind: Application"
    )
    small.write("schemas/crds.yaml", definition)
    small.append(CONFIG, "schemas: [schemas]\n")
    small.objects(application)
    assert small.json("validate").findings == []


def test_a_schema_that_cannot_be_used_lets_nothing_pass(small: SmallFleet) -> None:
    named_as_a_file(small)
    small.edit("definitions.yaml", "{type: integer}", "{type: string, pattern: '['}")
    assert [check for check, _, _ in small.json("validate").findings] == ["unknown-kind"]


def checked(fleet: SmallFleet) -> Done:
    return fleet.json("validate", "--from", "HEAD")


@pytest.mark.parametrize("way", [named_by_its_folder, a_prerequisite])
def test_a_definition_judges_nothing_in_the_change_that_loosens_it(
    way: Callable[[SmallFleet], None], small: SmallFleet
) -> None:
    way(small)
    small.commit()
    assert checked(small).findings == []
    path = defining(small)
    small.edit(path, "size: {type: integer}", "size: {type: string}")
    small.edit(OBJECTS, "size: 1", "size: one")
    assert small.run("validate").code == 0
    found = {(check, file) for check, file, _ in checked(small).findings}
    assert found == {("safeguard-loosened", path), ("schema", OBJECTS)}
    words = ("--accept", "safeguard-loosened", "--because", "said in the meeting")
    assert small.run("validate", "--from", "HEAD", *words).code == 0
