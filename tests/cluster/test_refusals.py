"""What the danger rules foretell of a real API server is what it does."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetops.danger import refused
from fleetops.kube import Kinds
from fleetops.kube.apply import apply, await_definition, await_gone, delete, in_order, namespace
from fleetops.manifests import parse

if TYPE_CHECKING:
    from fleetops.cluster import Cluster
    from fleetops.manifests import Manifest

pytestmark = pytest.mark.cluster

FOLDER = Path(__file__).parent.parent / "cases" / "danger"
ELSEWHERE = {
    # Replaced by a controller, which is no update.
    "good-replaced-by-force",
    # Only a claim that is bound, of a class that allows it, can grow.
    "claim-changed/good-grows",
}
CASES = [
    folder
    for rule in refused.RULES
    for folder in sorted((FOLDER / rule.id).iterdir())
    if not {folder.name, f"{rule.id}/{folder.name}"} & ELSEWHERE
]


def render(file: Path, home: str) -> list[Manifest]:
    return in_order(parse(file.read_text().replace("namespace: shop", f"namespace: {home}"), "a"))


@pytest.mark.parametrize("folder", CASES, ids=lambda one: f"{one.parent.name}/{one.name}")
def test_what_is_said_to_be_refused_is_refused(folder: Path, shared: Cluster) -> None:
    home = f"case-{CASES.index(folder)}"
    old, new = (render(folder / name, home) for name in ("old.yaml", "new.yaml"))
    with closing(shared.access.client()) as client:
        kinds = Kinds(client)
        assert apply(client, kinds, namespace(home)).ok
        try:
            for manifest in old:
                answer = apply(client, kinds, manifest)
                assert answer.ok, answer.message
                if manifest.reference.kind == "CustomResourceDefinition":
                    assert await_definition(client, manifest)
            answers = [apply(client, kinds, manifest) for manifest in new]
            words = [one.message for one in answers if not one.ok]
            assert bool(words) == folder.name.startswith("bad-"), words
        finally:
            for manifest in {one.reference: one for one in (*old, *new)}.values():
                if not manifest.reference.namespace:
                    delete(client, kinds, manifest)
                    assert await_gone(client, kinds, manifest)
            delete(client, kinds, namespace(home))
