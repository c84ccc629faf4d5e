"""The case of a danger rule, brought into a cluster as a GitOps controller brings it there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from fleetops.change import differences
from fleetops.checks import Scene
from fleetops.danger import IDS, Change
from fleetops.kube.apply import in_order, live
from fleetops.manifests import dig, parse
from fleetops.rehearsal import Stand, clear, note, prepare, prune, put
from fleetops.rehearsal.rollouts import waits_for
from fleetops.rehearsal.stand import warnings
from fleetops.rehearsal.volumes import provision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fleetops.kube import Access
    from fleetops.manifests import Manifest, Reference
    from fleetops.rehearsal import Outcome

# ruff: noqa: ANN401 - objects are of any shape

NAMESPACE = "shop"
"""Where all cases are at home."""
CLASSES = parse(
    "---".join(
        f"""
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {{name: {name}}}
provisioner: ebs.csi.aws.com
allowVolumeExpansion: true
"""
        for name in ("fast", "slow")
    ),
    "the classes of the cases",
)


class Played:
    """A cluster with a case in it."""

    def __init__(self, access: Access, folder: Path) -> None:
        self.stand = Stand(access, lends=True, shared=False)
        self.folder = folder
        self.old, self.new = (
            tuple(in_order(parse((folder / name).read_text(), name)))
            for name in ("old.yaml", "new.yaml")
        )
        # What it neither asks for nor brings itself it does not need.
        own = {one.reference for one in (*self.old, *self.new)}
        text = msgspec.json.encode([one.value for one in (*self.old, *self.new)]).decode()
        self.classes = [
            one
            for one in CLASSES
            if f'"storageClassName":"{one.reference.name}"' in text and one.reference not in own
        ]
        self.objects: dict[Reference, Manifest] = {}
        """What has been synced, as it was last."""
        self.outcomes: list[Outcome] = []
        """What became of the objects that were applied or pruned last."""

    def foretold(self) -> set[Reference]:
        """Give what the rule foretells something of that no guard prevents."""
        old, new = (Scene("", side, {}) for side in (self.old, self.new))
        change = Change(old, new, tuple(differences(self.old, self.new)))
        return {
            danger.manifest.reference
            for danger in IDS[self.folder.parent.name].run(change)
            if "would keep it" not in danger.message
        }

    def of(self, *kinds: str) -> Iterator[Manifest]:
        """Give what has been synced of some kinds."""
        return (one for one in self.objects.values() if one.reference.kind in kinds)

    def bring(self, manifests: Sequence[Manifest], before: Sequence[Manifest] = ()) -> None:
        """Sync a render; where something is refused, nothing is pruned."""
        self.objects |= {one.reference: one for one in manifests}
        self.outcomes = put(self.stand, manifests)
        if not self.refused:
            self.outcomes += prune(self.stand, before, manifests)

    def bring_old(self) -> None:
        """Sync the old render, of which nothing may be refused."""
        prepare(self.stand, self.classes)
        self.bring(self.old)
        assert not self.refused, self.refused

    @property
    def refused(self) -> dict[Reference, str]:
        """What the API server has refused, with its words."""
        return {
            one.manifest.reference: one.message for one in self.outcomes if one.verb == "refused"
        }

    def now(self, manifest: Manifest) -> Any:
        """Give an object as it is, None where it is gone or about to be."""
        value = live(self.stand.client, self.stand.kinds, manifest)
        return None if dig(value, "metadata", "deletionTimestamp") else value

    def listed(self, plural: str, api: str = "/api/v1") -> list[Any]:
        return self.stand.listed(plural, [NAMESPACE], api)

    def complaints(self) -> list[str]:
        """Give what controllers have complained of since the case began."""
        return [words for one in warnings(self.stand, [NAMESPACE]).values() for words in one]

    def has_arrived(self) -> bool:
        """Tell whether workloads, claims and Services are as those who look after them want it."""
        list(provision(self.stand.client, self.listed("persistentvolumeclaims")))
        there = [value for one in self.objects.values() if (value := self.now(one))]
        return not any(map(waits_for, there)) and all(
            self.endpoints(one["metadata"]["name"]) == len(self.behind(one))
            for one in there
            if one["kind"] == "Service"
        )

    def behind(self, service: Any) -> list[Any]:
        """Give the pods that a Service selects."""
        return self.pods(dig(service, "spec", "selector"))

    def pods(self, labels: dict[str, str] | None) -> list[Any]:
        """Give the pods with labels, of which there have to be some."""
        wanted = ",".join(f"{key}={value}" for key, value in (labels or {}).items())
        found = self.listed(f"pods?labelSelector={wanted}") if wanted else []
        return [one for one in found if "deletionTimestamp" not in one["metadata"]]

    def endpoints(self, service: str, *, with_port: bool = False) -> int:
        """Count the ready endpoints of a Service, or those that have a port of it."""
        label = f"endpointslices?labelSelector=kubernetes.io/service-name={service}"
        return sum(
            dig(one, "conditions", "ready") is not False
            for slice_ in self.listed(label, "/apis/discovery.k8s.io/v1")
            if slice_.get("ports") or not with_port
            for one in slice_.get("endpoints") or ()
        )


@contextmanager
def played(access: Access, folder: Path) -> Iterator[Played]:
    """Give a cluster for a case, of which nothing is left after the block."""
    case = Played(access, folder)
    case.stand.begin()
    note(case.stand, (*case.classes, *case.old, *case.new))
    try:
        yield case
    finally:
        clear(case.stand)
        case.stand.client.close()
