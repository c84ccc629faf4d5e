"""What is remembered of an environment is what would be said of it anew, or it is not used."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from clusterhome import linked_programs
from fleetcopy import programs_on_path
from fleetops.store import MAX_ENTRIES, Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

BASE = "base/position-tracker"
LOCAL = "overlays/local/kustomization.yaml"
QUEUE = "base/queue/deployment.yaml"
ODD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd, namespace: fleetman}\ndatas: {}\n"
EXCEPTION = """
exceptions:
  - check: schema
    resource: ConfigMap/odd
    reason: It is what this test is about.
"""


def with_base_broken(fleet: FleetCopy) -> None:
    fleet.edit(f"{BASE}/deployment.yaml", "replicas: 1", 'replicas: "1"')


def with_base_mended(fleet: FleetCopy) -> None:
    text = fleet.read(f"{BASE}/deployment.yaml")
    fleet.write(f"{BASE}/deployment.yaml", text.replace('replicas: "1"', "replicas: 1"))


def with_odd_object(fleet: FleetCopy) -> None:
    fleet.write("overlays/local/odd.yaml", ODD)
    fleet.edit(LOCAL, "resources:\n", "resources:\n  - odd.yaml\n")


def with_exception(fleet: FleetCopy) -> None:
    fleet.append("fleetops.yaml", EXCEPTION)


def with_other_minors(fleet: FleetCopy) -> None:
    text = fleet.read("fleetops.yaml")
    fleet.write("fleetops.yaml", text.replace('["1.37"]', '["1.36", "1.37"]'))


def with_release_changed(fleet: FleetCopy) -> None:
    text = fleet.read("releases/release3.yaml")
    fleet.write("releases/release3.yaml", text.replace("tag: release3", "tag: release4"))


def with_second_kustomization(fleet: FleetCopy) -> None:
    fleet.write(f"{BASE}/kustomization.yml", "resources: []\n")


def with_link_in_the_way(fleet: FleetCopy) -> None:
    (fleet.root / "base/queue").rename(fleet.root / "queue")
    (fleet.root / "base/queue").symlink_to("../queue")


def with_link_out(fleet: FleetCopy) -> None:
    outside = fleet.root.parent / "outside"
    shutil.copytree(fleet.root / "base/queue", outside)
    shutil.rmtree(fleet.root / "base/queue")
    (fleet.root / "base/queue").symlink_to(outside)


def with_file_gone(fleet: FleetCopy) -> None:
    (fleet.root / QUEUE).unlink()


def with_overlay_moved(fleet: FleetCopy) -> None:
    (fleet.root / "overlays/aws").rename(fleet.root / "overlays/cloud")
    fleet.edit("fleetops.yaml", "overlays/aws", "overlays/cloud")


CHANGES: tuple[Callable[[FleetCopy], None], ...] = (
    with_base_broken,
    with_base_mended,
    with_odd_object,
    with_exception,
    with_other_minors,
    with_release_changed,
    with_second_kustomization,
    with_link_in_the_way,
    with_link_out,
    with_file_gone,
    with_overlay_moved,
)


def cache(folder: Path) -> dict[str, str]:
    """Give the environment of a user who has the programs, and nothing else yet."""
    linked_programs(folder)
    return {"XDG_CACHE_HOME": str(folder)}


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "fleetops" / "validations").iterdir())


@pytest.mark.parametrize("number", range(2))
def test_whatever_changes_it_says_what_it_would_say_anew(
    fleet: FleetCopy, tmp_path: Path, number: int
) -> None:
    chance = random.Random(number)  # noqa: S311
    known = cache(tmp_path / "known")
    chosen = chance.sample(CHANGES, 5)
    for step, change in enumerate((lambda _: None, *chosen)):
        try:
            change(fleet)
        except (OSError, ValueError, AssertionError):
            # What another change has taken away, this one cannot change.
            continue
        anew = fleet.run("validate", "--output", "json", **cache(tmp_path / f"new-{step}"))
        for _ in range(2):
            assert fleet.run("validate", "--output", "json", **known) == anew, chosen[:step]


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_seen(
    fleet: FleetCopy, tmp_path: Path, change: Callable[[FleetCopy], None]
) -> None:
    known = cache(tmp_path / "known")
    assert fleet.run("validate", **known).code == 0
    change_anyway(change, fleet)
    anew = fleet.run("validate", "--output", "json", **cache(tmp_path / "new"))
    assert fleet.run("validate", "--output", "json", **known) == anew


def change_anyway(change: Callable[[FleetCopy], None], fleet: FleetCopy) -> None:
    before = fleet.snapshot()
    change(fleet)
    assert fleet.snapshot() != before or change is with_base_mended


def test_what_is_known_is_not_rendered_again(fleet: FleetCopy, tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = programs_on_path(tmp_path, kustomize=f'echo x >> {log}; exec $REAL "$@"')
    environment |= cache(tmp_path / "known")

    def renders() -> int:
        assert fleet.run("validate", **environment).code == 0
        return len(log.read_text().splitlines())

    assert [renders(), renders()] == [2, 2]
    fleet.append(LOCAL, "# One overlay is another one.\n")
    assert [renders(), renders()] == [3, 3]
    fleet.append(QUEUE, "# A base is, and so are both.\n")
    assert [renders(), renders()] == [5, 5]


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"{}"])
def test_an_entry_that_is_damaged_is_none(fleet: FleetCopy, tmp_path: Path, content: bytes) -> None:
    known = cache(tmp_path / "known")
    first = fleet.run("validate", **known)
    for path in entries(tmp_path / "known"):
        path.write_bytes(content)
    assert fleet.run("validate", **known) == first


def test_what_a_schema_is_named_by_is_part_of_it(fleet: FleetCopy, tmp_path: Path) -> None:
    schema = '{"properties": {"spec": {"type": "object"}}}'
    fleet.write("crd/example.test/widget_v1.json", schema)
    widget = "apiVersion: example.test/v1\nkind: Widget\nmetadata: {name: a}\nspec: {}\n"
    fleet.write("overlays/local/odd.yaml", widget)
    fleet.edit(LOCAL, "resources:\n", "resources:\n  - odd.yaml\n")
    text, known = fleet.read("fleetops.yaml"), cache(tmp_path / "known")
    for folder, code in (("crd", 0), ("crd/example.test", 1), ("crd", 0)):
        fleet.write("fleetops.yaml", f"{text}schemas: [{folder}]\n")
        assert fleet.run("validate", **known).code == code


def test_a_file_that_changes_while_it_is_rendered_is_not_remembered(
    fleet: FleetCopy, tmp_path: Path
) -> None:
    script = f'$REAL "$@"; code=$?; echo "# x" >> {fleet.root}/{QUEUE}; exit $code'
    environment = programs_on_path(tmp_path, kustomize=script) | cache(tmp_path / "known")
    assert fleet.run("validate", **environment).code == 0
    assert not (tmp_path / "known/fleetops/validations").exists()


def test_a_cache_that_cannot_be_written_is_done_without(fleet: FleetCopy, tmp_path: Path) -> None:
    known = cache(tmp_path / "known")
    (tmp_path / "known/fleetops/validations").write_text("no folder")
    assert fleet.run("validate", **known).code == 0


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store")
    for number in range(10):
        store.write(f"{number}", b"x" * 100)
    store.trim()
    assert len(list(store.folder.iterdir())) == 10 < MAX_ENTRIES
    monkeypatch.setattr("fleetops.store.MAX_BYTES", 500)
    store.trim()
    assert 1 <= len(list(store.folder.iterdir())) <= 3
    assert store.read("9") == b"x" * 100
    assert store.read("0") is None
