"""Flux: its kustomize-controller, and the test in the place of its source-controller."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from fleetcopy import ENVIRONMENT, ROOT
from fleetops.programs import clean_environment, ensure
from gitops.interface import Controller, State
from gitops.programs import FLUX, module_folder

if TYPE_CHECKING:
    from pathlib import Path

MODULES = ("github.com/fluxcd/kustomize-controller", "github.com/fluxcd/source-controller")

SUSPENDED = "Reconciliation is suspended for this object"


class Flux(Controller):
    """source-controller cannot be built: a module that it needs is not in the Go module proxy.

    What it would do with the GitRepository is done here: put the commit into a tarball, serve it
    and note it in the status. The rest is kustomize-controller's own, which listens nowhere.
    """

    name: ClassVar[str] = "flux"
    namespace: ClassVar[str] = "flux-system"
    resource: ClassVar[str] = "kustomizations.kustomize.toolkit.fluxcd.io"
    guard: ClassVar[str] = "kustomize.toolkit.fluxcd.io/prune: disabled"
    aim: ClassVar[str] = '{"spec":{"path":"./%s"}}'
    pauses: ClassVar[tuple[str, ...]] = ('{"spec":{"suspend":true}}',)

    def start(self) -> None:
        for module in MODULES:
            crds = module_folder(module, self.folder, print) / "config" / "crd" / "bases"
            self.kubectl("apply", "--server-side", "-f", str(crds))
        self.kubectl("create", "namespace", self.namespace)
        environment = clean_environment(self.folder) | {
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "RUNTIME_NAMESPACE": self.namespace,
        }
        self.processes.start(
            ensure(FLUX, ROOT, print),
            *("--metrics-addr=0", "--health-addr=0", "--events-addr="),
            environment=environment,
        )

    def notice(self, environment: str, clone: Path, revision: str) -> None:
        tarball = subprocess.run(
            ["git", "-C", clone, "archive", "--format=tar.gz", revision],  # noqa: S607
            env=ENVIRONMENT,
            capture_output=True,
            check=True,
        ).stdout
        file = self._server.folder / f"{revision}.tar.gz"
        file.write_bytes(tarball)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        artifact = {
            "url": f"{self._server.url}/{file.name}",
            "path": file.name,
            "revision": f"main@sha1:{revision}",
            "digest": f"sha256:{hashlib.sha256(tarball).hexdigest()}",
            "size": len(tarball),
            "lastUpdateTime": now,
        }
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "Succeeded",
            "message": "stored artifact",
            "lastTransitionTime": now,
        }
        status = json.dumps({"status": {"artifact": artifact, "conditions": [ready]}})
        words = ("patch", "gitrepository", "fleet", "--subresource=status", "--type=merge")
        self.own(*words, "-p", status)
        asked = f"reconcile.fluxcd.io/requestedAt={time.time_ns()}"
        self.own("annotate", "--overwrite", self.resource, f"fleetman-{environment}", asked)

    def read(self, found: dict[str, Any]) -> State:
        status = found.get("status", {})
        ready = [one for one in status.get("conditions", ()) if one["type"] == "Ready"]
        revision = status.get("lastAttemptedRevision", "").rpartition(":")[2]
        words = "\n".join(one["message"] for one in ready)
        return State(revision, [one["status"] for one in ready] == ["True"], words)

    def pause(self, environment: str, patch: str) -> None:
        self._passed = self._passes()
        super().pause(environment, patch)
        # What it was still about ends before it sees that.
        self.wait(self._passes, lambda passes: passes > self._passed)

    def leaves_alone(self, environment: str) -> bool:
        del environment
        # Once when it is paused, and again when it is asked to look.
        return self._passes() >= self._passed + 2

    def _passes(self) -> int:
        return self.processes.log(ensure(FLUX, ROOT, print).name).read_text().count(SUSPENDED)

    def cascade(self, environment: str) -> None:
        policy = '{"spec":{"deletionPolicy":"MirrorPrune"}}'
        name = f"fleetman-{environment}"
        self.own("patch", self.resource, name, "--type=merge", "-p", policy)
