"""A small fleet, whose overlay holds what a test puts into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from fleetcopy import FleetCopy

if TYPE_CHECKING:
    from pathlib import Path

FLEETOPS = """\
version: 1
environments:
  - name: one
    overlay: overlays/one
    kubernetes: ["1.37"]
"""
RELEASE = """\
release: {name}
images:
  web: {{name: example.test/web, tag: {name}}}
"""
KUSTOMIZATION = """\
resources:
  - web.yaml
  - objects.yaml
images:
  - name: example.test/web
    newTag: v1
"""
WEB = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: example.test/web
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: shop
spec:
  storageClassName: disk
  accessModes: [ReadWriteOnce]
  resources:
    requests: {storage: 1Gi}
"""
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: disk
spec:
  storageClassName: disk
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: /nowhere}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports:
    - port: 80
"""


class SmallFleet(FleetCopy):
    """A repository with one environment, whose `objects.yaml` stands beside a Deployment."""

    @classmethod
    def make(cls, folder: Path) -> Self:
        root = folder / "repository"
        root.mkdir()
        (folder / "tmp").mkdir()
        fleet = cls(root)
        fleet.write("fleetops.yaml", FLEETOPS)
        for name in ("v1", "v2"):
            fleet.write(f"releases/{name}.yaml", RELEASE.format(name=name))
        fleet.write("overlays/one/kustomization.yaml", KUSTOMIZATION)
        fleet.write("overlays/one/web.yaml", WEB)
        fleet.git("init", "--quiet", "--initial-branch=main")
        return fleet

    def objects(self, text: str) -> None:
        """Say what stands beside the Deployment."""
        self.write("overlays/one/objects.yaml", text)
