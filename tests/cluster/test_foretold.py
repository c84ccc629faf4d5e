"""What the danger rules foretell of a real Kubernetes is what it does, case by case.

What they foretell of Argo CD and Flux themselves is shown in tests/gitops.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetops.danger import IDS
from fleetops.kube import Kinds
from fleetops.kube.apply import apply, await_that, live
from fleetops.manifests import parse
from played import played
from sights import SIGHTS
from smallfleet import CLAIM, VOLUME

if TYPE_CHECKING:
    from fleetops.cluster import Cluster
    from fleetops.manifests import Reference

pytestmark = pytest.mark.cluster

FOLDER = Path(__file__).parent.parent / "cases" / "danger"
BY_CONTROLLERS = {
    "controller-suspended",
    "prune-guard-dropped",
    "sync-redirected",
    "sync-removed",
}
"""Shown in tests/gitops."""
UNSEEN = {
    "database-downgraded": "it is the database that refuses the data, and no container runs",
    "database-version-skipped": "it is the database that refuses the data, and no container runs",
    "isolation-lost": "a network plugin enforces policies, and there is none",
    "network-policy-widened": "a network plugin enforces policies, and there is none",
    "registry-not-allowed": "Kubernetes takes images from anywhere",
    "secret-exposed": "it is whoever reads Git that reads it",
}
"""What no cluster like this one shows, and why."""
ELSEWHERE = {
    # It does leave, and has nothing that the one of the new name does not have.
    "leaves-render/good-generated-name",
    # Pod Security asks for runAsNonRoot, and whether a user is root shows where a container runs.
    "privilege-gained/bad-user-dropped",
    "privilege-gained/bad-user-of-the-pod-dropped",
    "privilege-gained/good-user-instead-of-any-but-root",
    # Pod Security says the same of a container that starts up and of one that lasts.
    "privilege-gained/bad-as-free-as-the-start-up",
    # The version that it had was the last to have it.
    "stateful-set-removed/good-another-version-of-the-api",
    # It is its claims that go with it, when the garbage collector has come to them.
    "stateful-set-changed/bad-replaced-with-its-claims",
}


def name_of(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def cases(rule: str) -> list[Path]:
    return [one for one in sorted((FOLDER / rule).iterdir()) if name_of(one) not in ELSEWHERE]


def test_of_every_rule_it_is_known_what_shows_it() -> None:
    assert sorted([*SIGHTS, *BY_CONTROLLERS, *UNSEEN]) == sorted(IDS)


@pytest.mark.parametrize("folder", [one for rule in SIGHTS for one in cases(rule)], ids=name_of)
def test_what_is_foretold_comes_and_nothing_else(folder: Path, shared: Cluster) -> None:
    sight = SIGHTS[folder.parent.name]
    with played(shared.access, folder) as case:
        case.bring_old()
        assert not sight.waits or await_that(case.has_arrived)
        before = sight.look(case)
        case.bring(case.new, case.old)
        foretold = case.foretold()
        # What is to come is waited for, what is not to come has had its time.
        assert foretold or not sight.waits or await_that(case.has_arrived)

        def come() -> set[Reference]:
            after = sight.look(case)
            return {one for one in after if sight.worse(before.get(one), after[one])}

        assert await_that(lambda: come() == foretold), (come(), foretold, case.refused)


def test_a_claim_that_comes_back_does_not_get_its_volume_back(
    shared: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "old.yaml").write_text(f"{VOLUME}---\n{CLAIM}")
    (tmp_path / "new.yaml").write_text(VOLUME)
    with played(shared.access, tmp_path) as case:
        case.bring_old()
        assert await_that(case.has_arrived)
        volume, claim = (next(case.of(f"PersistentVolume{one}")) for one in ("", "Claim"))
        case.bring(case.new, case.old)
        assert await_that(lambda: case.now(volume)["status"]["phase"] == "Released")
        case.bring(case.old)
        # The binder has looked for a volume, and would have one made.
        assert await_that(lambda: any("not found" in one for one in case.complaints()))
        assert case.now(claim)["status"]["phase"] == "Pending"
        assert case.now(volume)["status"]["phase"] == "Released"


def test_a_volume_that_is_pruned_goes_with_its_claim(shared: Cluster, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(f"{VOLUME}---\n{CLAIM}")
    (tmp_path / "new.yaml").write_text(CLAIM)
    with played(shared.access, tmp_path) as case:
        case.bring_old()
        assert await_that(case.has_arrived)
        volume = next(case.of("PersistentVolume"))
        case.bring(case.new, case.old)
        assert case.now(volume) is None
        assert live(case.stand.client, case.stand.kinds, volume) is not None
        case.bring([], case.new)
        assert await_that(lambda: live(case.stand.client, case.stand.kinds, volume) is None)


@pytest.mark.parametrize("folder", [one for rule in UNSEEN for one in cases(rule)], ids=name_of)
def test_what_cannot_be_seen_is_let_in(folder: Path, shared: Cluster) -> None:
    with closing(shared.access.client()) as client:
        kinds = Kinds(client)
        for side in ("old.yaml", "new.yaml"):
            text = (folder / side).read_text().replace("namespace: shop", "namespace: default")
            for manifest in parse(text, side):
                answer = apply(client, kinds, manifest, dry_run=True)
                assert answer.ok, answer.message
