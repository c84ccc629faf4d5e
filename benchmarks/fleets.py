"""Fleets of any size, to measure on: environments over shared bases, with a release each."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from fleetops.programs.places import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = 4
PER_BASE = 20
"""Environments that share a base."""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app: {name}}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: {name}
          image: registry.example/{name}:v0
          ports:
            - {{name: http, containerPort: 8080}}
          env:
            - {{name: LEVEL, value: info}}
          resources:
            requests: {{cpu: 100m, memory: 64Mi}}
            limits: {{memory: 64Mi}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
spec:
  project: default
  source:
    repoURL: https://git.example/fleet
    targetRevision: {revision}
    path: overlays/{name}
  destination:
    server: https://kubernetes.default.svc
    namespace: {name}
"""


def new_cache(folder: Path, repository: Path) -> Path:
    """Make a user's cache that holds the programs and nothing else."""
    own = folder / "fleetops"
    own.mkdir(parents=True)
    (own / "programs").symlink_to(cache_folder(repository))
    return folder


def write_fleet(folder: Path, environments: int, services: int = SERVICES) -> None:
    """Write a fleet of environments, each of `services` Deployments."""
    names = [f"service-{number}" for number in range(services)]
    bases = -(-environments // PER_BASE)
    for base in range(bases):
        files = {f"{name}.yaml": DEPLOYMENT.format(name=name) for name in names}
        files["kustomization.yaml"] = f"resources: [{', '.join(files)}]\n"
        _write(folder / f"bases/base-{base}", files)
    config = "version: 1\nenvironments:\n"
    for number in range(environments):
        entries = "".join(f"  - name: registry.example/{name}\n    newTag: v1\n" for name in names)
        below = f"../../bases/base-{number // PER_BASE}"
        text = f"namespace: env-{number}\nresources: [{below}]\nimages:\n{entries}"
        _write(folder / f"overlays/env-{number}", {"kustomization.yaml": text})
        config += f"  - name: env-{number}\n    overlay: overlays/env-{number}\n"
        config += '    kubernetes: ["1.37"]\n'
    releases = {}
    for tag in ("v1", "v2"):
        images = "".join(
            f"  {name}: {{name: registry.example/{name}, tag: {tag}}}\n" for name in names
        )
        releases[f"{tag}.yaml"] = f"release: {tag}\nimages:\n{images}"
    _write(folder / "releases", releases)
    (folder / "fleetops.yaml").write_text(config)


def release_every_second(fleet: Path) -> None:
    """Have every second environment run the release after that of the others."""
    for overlay in sorted(fleet.glob("overlays/*/kustomization.yaml"))[::2]:
        overlay.write_text(overlay.read_text().replace("newTag: v1", "newTag: v2"))


def write_applications(fleet: Path, environments: int, revision: str) -> None:
    """Write what makes Argo CD sync each environment from a revision."""
    (fleet / "clusters").mkdir(exist_ok=True)
    for number in range(environments):
        name = f"env-{number}"
        (fleet / f"clusters/{name}.yaml").write_text(
            APPLICATION.format(name=name, revision=revision)
        )


def commit(fleet: Path) -> None:
    """Commit a fleet as it is; it becomes a repository the first time."""
    made = (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "a"),
        ("config", "user.email", "a@example.com"),
    )
    for words in (
        *(() if (fleet / ".git").exists() else made),
        ("add", "--all"),
        ("commit", "--quiet", "--message=fleet"),
    ):
        subprocess.run(["git", *words], cwd=fleet, check=True)


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
