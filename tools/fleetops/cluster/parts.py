"""The parts of a control plane, and what each is started with.

Every part works in the cluster's folder, which only the user can enter; files are named from there.
etcd listens on sockets in it and the API server on 127.0.0.1; nothing else listens.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STORE: Final = "etcd"
SERVER: Final = "kube-apiserver"
CONTROLLERS: Final = "kube-controller-manager"
SCHEDULER: Final = "kube-scheduler"
KUBELET: Final = "kwok"

CLIENTS: Final = {
    CONTROLLERS: "system:kube-controller-manager",
    SCHEDULER: "system:kube-scheduler",
    KUBELET: "kwok",
}
"""The parts that talk to the API server, and the user that each is."""

CERTIFICATE: Final = "certificates/apiserver.crt"
"""What the API server can be known by; it makes it, and then its key."""
KEY: Final = "certificates/apiserver.key"
SIGNING_KEY: Final = "signing.key"
TOKENS: Final = "tokens.csv"
STORE_SOCKET: Final = "etcd:0"

# etcd and its clients want host:port behind the scheme; it is the name of the socket.
_STORE_URL: Final = f"unix://{STORE_SOCKET}"
_PEER_URL: Final = "unix://peer:0"
_CONTROLLERS_OFF: Final = (
    # The node is not a machine.
    "-node-ipam-controller",
    "-node-lifecycle-controller",
    # It wants an authority's certificate, and the API server's is its own.
    "-kube-apiserver-serving-clustertrustbundle-publisher-controller",
)
_STAGES: Final = Path(__file__).with_name("stages.yaml")


def kubeconfig_of(part: str) -> str:
    """Give the file with which a part finds the API server."""
    return f"{part}.kubeconfig"


def command(part: str, programs: Mapping[str, Path], port: int) -> list[str]:
    """Give the command line of a part; the port is the API server's."""
    return [str(programs[part]), *_ARGUMENTS[part], *([f"--secure-port={port}"] * (part == SERVER))]


_ARGUMENTS: Final = {
    STORE: (
        "--data-dir=data",
        "--unsafe-no-fsync",
        f"--listen-client-urls={_STORE_URL}",
        f"--advertise-client-urls={_STORE_URL}",
        f"--listen-peer-urls={_PEER_URL}",
        f"--initial-advertise-peer-urls={_PEER_URL}",
        f"--initial-cluster=default={_PEER_URL}",
    ),
    SERVER: (
        f"--etcd-servers={_STORE_URL}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        # The supervisor holds the port, so that nobody else gets it.
        "--permit-port-sharing",
        f"--cert-dir={Path(CERTIFICATE).parent}",
        "--anonymous-auth=false",
        f"--token-auth-file={TOKENS}",
        "--authorization-mode=RBAC",
        # As in the clusters that people have, where Pod Security says who may not be privileged.
        "--allow-privileged",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={SIGNING_KEY}",
        f"--service-account-signing-key-file={SIGNING_KEY}",
        "--service-cluster-ip-range=10.96.0.0/16",
        # There is no node lifecycle controller that would take the taint away again.
        "--disable-admission-plugins=TaintNodesByCondition",
    ),
    CONTROLLERS: (
        f"--kubeconfig={kubeconfig_of(CONTROLLERS)}",
        "--authentication-skip-lookup",
        "--secure-port=0",
        "--leader-elect=false",
        f"--controllers={','.join(('*', *_CONTROLLERS_OFF))}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={SIGNING_KEY}",
        f"--root-ca-file={CERTIFICATE}",
        # A claim that meets its volume too early is looked at again after this time.
        "--pvclaimbinder-sync-period=1s",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ),
    SCHEDULER: (
        f"--kubeconfig={kubeconfig_of(SCHEDULER)}",
        "--authentication-skip-lookup",
        "--secure-port=0",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ),
    KUBELET: (
        f"--kubeconfig={kubeconfig_of(KUBELET)}",
        f"--config={_STAGES}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=0",
        "--cidr=10.128.0.0/16",
    ),
}
