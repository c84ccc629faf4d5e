"""A clone of the fleet, a Git server to push it to, and a controller that syncs it."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleetcopy import ENVIRONMENT, FleetCopy
from fleetops.api.cluster import throwaway
from gitops.gitserver import REPOSITORY, git_server
from gitops.processes import processes_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitops.interface import Controller, State

NAMESPACE = "fleetman"
ENVIRONMENTS = ("local", "aws")
UP_TIMEOUT = 120.0
NOTICED_EVERY = 10.0
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost")


@dataclass(frozen=True)
class Synced:
    """The fleet, one of whose environments a controller syncs from what is pushed."""

    clone: FleetCopy
    controller: Controller
    repository: str
    """The URL that the controller knows the repository by."""
    beginning: str
    """The commit with the fleet as it stands in this repository."""

    def restore(self, environment: str) -> None:
        """Bring everything back to the beginning, whatever became of it."""
        for other in {*ENVIRONMENTS} - {environment}:
            self.controller.unwire(other)
        self.controller.wire(environment, self.repository)
        self.git("read-tree", "-u", "--reset", self.beginning)
        self.sync(environment)

    def promote(self, release: str, environment: str) -> None:
        done = self.clone.run("promote", release, "--env", environment, "--force-order")
        assert done.code == 0, done

    def sync(self, environment: str) -> str:
        """Commit and push, wait until the controller has synced it, and give the commit."""
        revision = self.push(environment)
        self.wait_until(environment, revision, lambda state: state.ready)
        return revision

    def push(self, environment: str) -> str:
        """Commit everything, push it, have the controller look, and give the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        self.git("push", "--quiet", "origin", "HEAD:main")
        revision = self.git("rev-parse", "HEAD")
        self.notice(environment)
        return revision

    def notice(self, environment: str) -> None:
        """Have the controller look at once at the branch and at the cluster."""
        self.controller.notice(environment, self.clone.root, self.git("rev-parse", "HEAD"))

    def wait_until(self, environment: str, revision: str, good: Callable[[State], bool]) -> State:
        """Wait until what the controller says of a commit is good, and give it.

        It is told again to look: an Argo CD that saw an Application before its AppProject, or met
        whatever else has passed, looks again only minutes later.
        """
        noticed = time.monotonic()

        def look() -> State:
            nonlocal noticed
            if time.monotonic() - noticed > NOTICED_EVERY:
                self.notice(environment)
                noticed = time.monotonic()
            return self.controller.state(environment)

        return self.controller.wait(look, lambda state: state.revision == revision and good(state))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Give an object of the fleet, an empty one where there is none."""
        return self.controller.get(kind, name, NAMESPACE)

    def uids(self, *resources: str) -> dict[str, str]:
        """Give the UID of each of these, as <kind>/<name>, that is there.

        What is about to be deleted no longer is: a claim waits for that until no pod uses it.
        """
        words = ("get", *resources, "--ignore-not-found", "-o", "json", "-n", NAMESPACE)
        answer = json.loads(self.controller.kubectl(*words) or "{}")
        found = answer.get("items", [answer] if answer else [])
        return {
            f"{one['kind']}/{one['metadata']['name']}": one["metadata"]["uid"]
            for one in found
            if "deletionTimestamp" not in one["metadata"]
        }

    def image(self, deployment: str) -> str:
        """Give the image that a Deployment runs."""
        containers = self.get("deployment", deployment)["spec"]["template"]["spec"]["containers"]
        return str(containers[0]["image"])

    def git(self, *words: str) -> str:
        """Run git in the clone."""
        return subprocess.run(
            ["git", *AUTHOR, *words],  # noqa: S607
            cwd=self.clone.root,
            env=ENVIRONMENT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()


@contextmanager
def synced_by(controller: type[Controller], folder: Path) -> Iterator[Synced]:
    """Give the fleet beside a cluster with that controller, of which nothing outlives the block."""
    clone = FleetCopy.make(folder)
    served, scratch = folder / "served", folder / "controller"
    served.mkdir()
    scratch.mkdir()
    with (
        git_server(served) as server,
        throwaway(clone.root, controller.name, UP_TIMEOUT, print) as cluster,
        processes_in(scratch) as processes,
    ):
        started = controller(cluster, server, processes, scratch)
        started.start()
        url = f"{server.url}/{REPOSITORY}"
        synced = Synced(clone, started, url, "")
        synced.git("remote", "add", "origin", url)
        synced.git("add", "--all")
        synced.git("commit", "--quiet", "--message", "the fleet")
        synced.git("push", "--quiet", "origin", "HEAD:main")
        yield Synced(clone, started, url, synced.git("rev-parse", "HEAD"))
