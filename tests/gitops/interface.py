"""What the tests ask of a controller, whichever it is."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from fleetcopy import ROOT
from fleetops.cluster import kubectl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleetops.cluster import Cluster
    from gitops.gitserver import Server
    from gitops.processes import Processes

T = TypeVar("T")
TIMEOUT = 60.0
POLL = 0.2
URL = "https://github.com/example/fleet.git"


@dataclass(frozen=True)
class State:
    """What a controller says of an environment."""

    revision: str
    """The commit of which it says this; empty where there is none yet."""
    ready: bool
    """Whether all of that commit is in the cluster, and healthy."""
    message: str
    """In the words of the controller, and of the API server where that refused."""


class Controller(ABC):
    """A controller that runs beside a cluster and syncs what is pushed to a Git server."""

    name: ClassVar[str]
    """Of its folder in clusters/<environment>."""
    namespace: ClassVar[str]
    """In which its own objects are."""
    resource: ClassVar[str]
    """What syncs an environment, as kubectl calls it."""
    guard: ClassVar[str]
    """The annotation that keeps it from pruning an object."""
    aim: ClassVar[str]
    """A merge patch that has it sync another folder, whose name is to be filled in."""
    pauses: ClassVar[tuple[str, ...]]
    """Merge patches of what syncs an environment, each of which ends the healing."""

    def __init__(
        self, cluster: Cluster, server: Server, processes: Processes, folder: Path
    ) -> None:
        self.cluster = cluster
        self.processes = processes
        self.folder = folder
        self._server = server

    @abstractmethod
    def start(self) -> None:
        """Start its parts, and whatever they need in the cluster."""

    @abstractmethod
    def notice(self, environment: str, clone: Path, revision: str) -> None:
        """Have it look at once at the branch, which is at this commit, and at the cluster."""

    @abstractmethod
    def read(self, found: dict[str, Any]) -> State:
        """Read the state from the object that syncs an environment."""

    @abstractmethod
    def leaves_alone(self, environment: str) -> bool:
        """Tell whether it has looked since it was paused, and left alone what differs."""

    @abstractmethod
    def cascade(self, environment: str) -> None:
        """Have the deletion of what syncs the environment delete what was synced."""

    def wire(self, environment: str, repository: str) -> None:
        """Apply clusters/<environment>/<controller>, with nothing changed but the repository."""
        files = sorted((ROOT / "clusters" / environment / self.name).iterdir())
        objects = "---\n".join(file.read_text() for file in files)
        self.kubectl("apply", "-f", "-", stdin=objects.replace(URL, repository))

    def unwire(self, environment: str) -> None:
        """Delete what syncs an environment, where anything does, and wait until it is gone."""
        name, timeout = f"fleetman-{environment}", f"--timeout={TIMEOUT:.0f}s"
        self.own("delete", self.resource, name, "--ignore-not-found", timeout)

    def patch(self, environment: str, patch: str) -> None:
        """Patch what syncs an environment."""
        self.own("patch", self.resource, f"fleetman-{environment}", "--type=merge", "-p", patch)

    def pause(self, environment: str, patch: str) -> None:
        """Patch what syncs an environment with one of the pauses."""
        self.patch(environment, patch)

    def state(self, environment: str) -> State:
        """Give what it says now."""
        return self.read(self.get(self.resource, f"fleetman-{environment}", self.namespace))

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        """Give an object, an empty one where there is none."""
        words = ("get", kind, name, "--ignore-not-found", "-o", "json", "-n", namespace)
        return dict(json.loads(self.kubectl(*words) or "{}"))

    def own(self, *words: str) -> str:
        """Run kubectl in the controller's namespace."""
        return self.kubectl("-n", self.namespace, *words)

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """Run kubectl, which has to succeed."""
        done = kubectl(self.cluster, *words, stdin=stdin.encode(), timeout=TIMEOUT)
        assert done.returncode == 0, f"{done.stderr.decode()}\n{self.processes.tails()}"
        return done.stdout.decode()

    def wait(self, look: Callable[[], T], good: Callable[[T], bool]) -> T:
        """Look until what is seen is good, and give it."""
        deadline = time.monotonic() + TIMEOUT
        while not good(seen := look()):
            self.processes.assert_running()
            assert time.monotonic() < deadline, f"{seen}\n{self.processes.tails()}"
            time.sleep(POLL)
        return seen
