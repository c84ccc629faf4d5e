"""Argo CD: its application controller and repo server, with a Redis between them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, ClassVar

from fleetcopy import ROOT
from fleetops.programs import KUSTOMIZE, clean_environment, ensure
from gitops.enclosed import LOOPBACK, enclosed
from gitops.interface import Controller, State
from gitops.programs import ARGOCD, module_folder, redis

if TYPE_CHECKING:
    from pathlib import Path

CRDS = ("application-crd.yaml", "appproject-crd.yaml")
VERIFY = "git-verify-wrapper.sh"
LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")


class ArgoCD(Controller):
    """Its parts listen on loopback, at ports of the kernel's choice.

    The application controller binds its metrics to every address, so it gets a network of its own.
    """

    name: ClassVar[str] = "argocd"
    namespace: ClassVar[str] = "argocd"
    resource: ClassVar[str] = "applications.argoproj.io"
    guard: ClassVar[str] = "argocd.argoproj.io/sync-options: Prune=false"
    aim: ClassVar[str] = '{"spec":{"source":{"path":"%s"}}}'
    pauses: ClassVar[tuple[str, ...]] = (
        '{"spec":{"syncPolicy":{"automated":null}}}',
        '{"spec":{"syncPolicy":{"automated":{"selfHeal":false}}}}',
    )

    def start(self) -> None:
        module = module_folder("github.com/argoproj/argo-cd/v3", self.folder, print)
        manifests = module / "manifests"
        for crd in CRDS:
            self.kubectl("apply", "--server-side", "-f", str(manifests / "crds" / crd))
        self.kubectl("create", "namespace", self.namespace)
        self.own("apply", "-k", str(manifests / "base" / "config"))
        bins = self._programs(module)
        environment = clean_environment(self.folder) | {
            "PATH": f"{bins}:{clean_environment(self.folder)['PATH']}",
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_ASK_PASS_SOCK": str(self.folder / "ask-pass.sock"),
            "ARGOCD_TLS_DATA_PATH": str(self.folder),
            "ARGOCD_SSH_DATA_PATH": str(self.folder),
        }
        cache = str(self.folder / "redis.sock")
        self.processes.start(
            redis(),
            *("--port", "0", "--unixsocket", cache, "--save", "", "--appendonly", "no"),
            environment=environment,
        )
        self.processes.start(
            bins / "argocd-repo-server",
            *("--address", LOOPBACK, "--port", "0"),
            *("--metrics-address", LOOPBACK, "--metrics-port", "0"),
            *("--disable-tls", "--client-ca-path", "", "--redis", cache),
            environment=environment,
        )
        repo_server = self._repo_server()
        self.processes.start(
            bins / "argocd-application-controller",
            *("--namespace", self.namespace, "--metrics-port", "0", "--redis", cache),
            *("--repo-server", f"{LOOPBACK}:{repo_server}", "--repo-server-plaintext"),
            environment=environment,
            before=enclosed(self.cluster.port, repo_server),
        )

    def notice(self, environment: str, clone: Path, revision: str) -> None:
        del clone, revision
        asked = "argocd.argoproj.io/refresh=normal"
        self.own("annotate", "--overwrite", self.resource, f"fleetman-{environment}", asked)

    def read(self, found: dict[str, Any]) -> State:
        status = found.get("status", {})
        compared = status.get("sync", {})
        operation = status.get("operationState", {})
        result = operation.get("syncResult", {})
        revision = compared.get("revision", "")
        succeeded = operation.get("phase") == "Succeeded" and result.get("revision") == revision
        # What is kept from pruning is out of sync for ever.
        missing = [
            one
            for one in status.get("resources", ())
            if one.get("status") == "OutOfSync" and not one.get("requiresPruning")
        ]
        synced = compared.get("status") == "Synced" or (succeeded and not missing)
        healthy = status.get("health", {}).get("status") == "Healthy"
        words = [operation.get("message", "")]
        words += [one.get("message", "") for one in result.get("resources", ())]
        words += [one["message"] for one in status.get("conditions", ())]
        return State(revision, synced and healthy, "\n".join(filter(None, words)))

    def leaves_alone(self, environment: str) -> bool:
        found = self.get(self.resource, f"fleetman-{environment}", self.namespace)
        return bool(found["status"]["sync"]["status"] == "OutOfSync")

    def cascade(self, environment: str) -> None:
        finalizer = '{"metadata":{"finalizers":["resources-finalizer.argocd.argoproj.io"]}}'
        name = f"fleetman-{environment}"
        self.own("patch", self.resource, name, "--type=merge", "-p", finalizer)

    def _programs(self, module: Path) -> Path:
        """Give a folder for PATH, with the binary under the names of its parts."""
        bins = self.folder / "bin"
        bins.mkdir()
        argocd = ensure(ARGOCD, ROOT, print)
        for part in ("application-controller", "repo-server", "git-ask-pass"):
            (bins / f"argocd-{part}").symlink_to(argocd)
        # A module's files have lost their executable bits.
        shutil.copyfile(module / "hack" / VERIFY, bins / VERIFY)
        (bins / VERIFY).chmod(0o755)
        (bins / "kustomize").symlink_to(ensure(KUSTOMIZE, ROOT, print))
        return bins

    def _repo_server(self) -> int:
        log = self.processes.log("argocd-repo-server")
        (port,) = self.wait(lambda: LISTENING.findall(log.read_text()), bool)
        return int(port)
