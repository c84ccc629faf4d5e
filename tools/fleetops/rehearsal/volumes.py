"""A stand-in for the CSI drivers that a throwaway cluster does not have.

What a driver's provisioner does is done here: a claim that waits for it gets a volume. That is all
that is stood in for; which claim waits, and when, the real controllers and scheduler say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.kube import Client

_PROVISIONER: Final = "volume.kubernetes.io/storage-provisioner"
_NODE: Final = "volume.kubernetes.io/selected-node"
_CLASSES: Final = "/apis/storage.k8s.io/v1/storageclasses"


def provision(client: Client, claims: list[dict[str, Any]]) -> Iterator[str]:
    """Make a volume for each claim that waits for a driver, and give the drivers' names.

    As the external provisioner does (kubernetes-csi/external-provisioner), only once a node is
    selected where the class waits for a first consumer.
    """
    for claim in claims:
        metadata = claim["metadata"]
        driver = dig(metadata, "annotations", _PROVISIONER)
        if dig(claim, "status", "phase") != "Pending" or not driver:
            continue
        name = claim["spec"].get("storageClassName")
        storage = client.get(f"{_CLASSES}/{quote(str(name), safe='')}")
        waits = dig(storage, "volumeBindingMode") == "WaitForFirstConsumer"
        if storage is None or (waits and not dig(metadata, "annotations", _NODE)):
            continue
        volume = _volume(claim, storage, driver)
        if client.create("/api/v1/persistentvolumes", msgspec.json.encode(volume)):
            yield driver


def _volume(claim: dict[str, Any], storage: dict[str, Any], driver: str) -> dict[str, Any]:
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": driver}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "mountOptions": storage.get("mountOptions") or [],
            "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
            "storageClassName": storage["metadata"]["name"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "csi": {"driver": driver, "volumeHandle": name},
        },
    }
