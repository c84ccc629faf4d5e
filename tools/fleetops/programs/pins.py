"""The external programs, and the go.mod and go.sum that pin each of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from fleetops.programs.versions import Range, Version, parse_version

HERE: Final = Path(__file__).parent
_GO_LINE = re.compile(r"^go (\S+)$", re.MULTILINE)
_REQUIREMENT = re.compile(r"^(?:require)?\s+(\S+) (v\S+)", re.MULTILINE)


class Tool(Struct, frozen=True):
    """Something that is looked for on PATH."""

    name: str
    version_arguments: tuple[str, ...]
    """What makes it print its version; empty where nothing does: none on PATH is used then."""
    accepted: Range


class Program(Tool, frozen=True):
    """A tool that is built where PATH has none that is accepted."""

    folder: Path
    """Holds the go.mod and go.sum that pin it. Several programs can share one."""
    package: str
    """The main package, as an import path."""
    seconds: int
    """How long a build takes on two cores with nothing in Go's caches."""
    version_variable: str | None = None
    """The Go variable that holds its version, where it cannot tell by itself."""
    together: tuple[str, ...] = ()
    """Every package that one build makes, where it makes several at less than their sum; each
    program is named for the last part of its package."""
    tags: tuple[str, ...] = ()
    """Go's build tags."""
    cgo: bool = False
    """Parts of it are in C: a C compiler has to be there."""


class Pin(Struct, frozen=True):
    """What a go.mod and its go.sum say of a program."""

    version: Version
    go: Version
    """The oldest Go that builds it."""
    key: str
    """Changes with every byte of the two files."""


KUSTOMIZE: Final = Program(
    name="kustomize",
    version_arguments=("version",),
    accepted=Range(Version(5, 7), Version(6, 0)),
    folder=HERE / "kustomize",
    package="sigs.k8s.io/kustomize/kustomize/v5",
    seconds=20,
)
KUBECONFORM: Final = Program(
    name="kubeconform",
    version_arguments=("-v",),
    accepted=Range(Version(0, 7), Version(0, 9)),
    folder=HERE / "kubeconform",
    package="github.com/yannh/kubeconform/cmd/kubeconform",
    seconds=20,
    version_variable="main.version",
)
HELM: Final = Program(
    name="helm",
    version_arguments=("version", "--short"),
    accepted=Range(Version(3, 18), Version(4, 0)),
    folder=HERE / "helm",
    package="helm.sh/helm/v3/cmd/helm",
    seconds=80,
    version_variable="helm.sh/helm/v3/internal/version.version",
)
"""For charts, where fleetops.yaml allows them."""
PROGRAMS: Final = (KUSTOMIZE, KUBECONFORM)
"""What promoting and validating need."""

_KUBERNETES: Final = tuple(
    f"k8s.io/kubernetes/cmd/{name}"
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
)


def _kubernetes(package: str, *version_arguments: str) -> Program:
    return Program(
        name=package.rpartition("/")[2],
        version_arguments=version_arguments,
        accepted=Range(Version(1, 37), Version(1, 38)),
        folder=HERE / "kubernetes",
        package=package,
        seconds=420,
        version_variable="k8s.io/component-base/version.gitVersion",
        together=_KUBERNETES,
    )


KUBE_APISERVER: Final = _kubernetes(_KUBERNETES[0], "--version")
KUBE_CONTROLLER_MANAGER: Final = _kubernetes(_KUBERNETES[1], "--version")
KUBE_SCHEDULER: Final = _kubernetes(_KUBERNETES[2], "--version")
KUBECTL: Final = _kubernetes(_KUBERNETES[3], "version", "--client")
ANY_KUBECTL: Final = Tool("kubectl", KUBECTL.version_arguments, Range(Version(1, 22)))
"""For the user's own clusters. From then on it knows how they are logged in to today:
client.authentication.k8s.io/v1; it need not be of their version."""
ETCD: Final = Program(
    name="etcd",
    version_arguments=("--version",),
    accepted=Range(Version(3, 7), Version(3, 8)),
    folder=HERE / "etcd",
    package="go.etcd.io/etcd/server/v3",
    seconds=30,
)
KWOK: Final = Program(
    name="kwok",
    version_arguments=("--version",),
    accepted=Range(Version(0, 8), Version(0, 9)),
    folder=HERE / "kwok",
    package="sigs.k8s.io/kwok/cmd/kwok",
    seconds=90,
)
CLUSTER_PROGRAMS: Final = (
    ETCD,
    KUBE_APISERVER,
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    KUBECTL,
    KWOK,
)
"""What a throwaway Kubernetes consists of, and the client for it."""


def read_pin(program: Program) -> Pin:
    """Read the pin of a program.

    Raises ValueError for a go.mod that does not require the module of the program's package.
    """
    import hashlib

    module_file = (program.folder / "go.mod").read_bytes()
    sums = (program.folder / "go.sum").read_bytes()
    text = module_file.decode()
    go = _GO_LINE.search(text)
    required = {
        module: version
        for module, version in _REQUIREMENT.findall(text)
        if f"{program.package}/".startswith(f"{module}/")
    }
    pinned = parse_version(required[max(required, key=len)]) if required else None
    oldest = parse_version(go[1]) if go else None
    if pinned is None or oldest is None:
        raise ValueError(f"{program.folder / 'go.mod'} does not pin {program.package}")
    return Pin(pinned, oldest, hashlib.sha256(module_file + b"\0" + sums).hexdigest()[:12])
