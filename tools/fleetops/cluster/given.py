"""A cluster that a kubeconfig of the user's names, reached with all that kubectl knows of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from fleetops.cluster.supervisor import die_with
from fleetops.errors import ProgramError, UsageError
from fleetops.kube import Proxied, UnreachableError
from fleetops.programs import ANY_KUBECTL, KUBECTL, Command, ensure, find, run, user_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POLL: Final = 0.01
_SECONDS: Final = 30.0
_END_SECONDS: Final = 1.0
"""So long after its connections are closed, a process may still be about to end."""


class Given(Struct, frozen=True):
    """A context of a kubeconfig."""

    kubectl: Path
    """The program."""
    repository: Path
    """Nothing in it is run, whatever PATH says."""
    kubeconfig: Path | None
    """None for the one that kubectl finds by itself."""
    context: str | None
    """None for the current one."""

    @property
    def environment(self) -> dict[str, str]:
        """What kubectl is run with: the user's environment, for it acts as the user."""
        environment = user_environment(self.repository)
        if named := environment.get("KUBECONFIG"):
            # It is started in another folder.
            paths = (str(Path(one).absolute()) for one in named.split(os.pathsep) if one)
            environment["KUBECONFIG"] = os.pathsep.join(paths)
        return environment

    @property
    def arguments(self) -> tuple[str, ...]:
        """What kubectl is called with."""
        given = (("--kubeconfig", self.kubeconfig), ("--context", self.context))
        return (
            str(self.kubectl),
            *(f"{word}={value}" for word, value in given if value is not None),
        )


def kubectl_for(repository: Path, narrate: Callable[[str], None]) -> Path:
    """Give a kubectl that reaches a cluster of the user's; built where PATH has none.

    Raises as `ensure` does.
    """
    found = find(ANY_KUBECTL, repository)
    return found.path if found else ensure(KUBECTL, repository, narrate)


def read_context(given: Given) -> tuple[str, str]:
    """Give the name of the context and the URL of its API server.

    Raises UsageError with kubectl's words where there is no such context.
    """
    if given.kubeconfig is not None and not given.kubeconfig.is_file():
        raise UsageError(f"no such cluster: there is no file {given.kubeconfig}")
    completed = run(
        Command(
            (*given.arguments, "config", "view", "--minify", "--output=json"),
            Path("/"),
            given.environment,
        )
    )
    if completed.returncode:
        words = completed.stderr.decode(errors="replace").strip().removeprefix("error: ")
        raise UsageError(f"no such cluster: {words}", hint="see kubectl config get-contexts")
    view = msgspec.json.decode(completed.stdout)
    servers = [one["cluster"].get("server", "") for one in view.get("clusters") or ()]
    name = view.get("current-context") or ""
    if not name or not servers:
        raise UsageError("the kubeconfig has no current context", hint="name one with --context")
    return name, servers[0]


@contextmanager
def reached(given: Given) -> Iterator[Proxied]:
    """Reach the API server within the block, on a socket in a folder that only the user can enter.

    Raises ProgramError with kubectl's words where its proxy does not start, or ends.
    """
    with tempfile.TemporaryDirectory(prefix="fleetops-") as folder:
        path, log = Path(folder, "api"), Path(folder, "log")
        with log.open("wb") as said:
            proxy = subprocess.Popen(
                (*given.arguments, "proxy", f"--unix-socket={path}"),
                cwd="/",
                env=given.environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                # There is only one thread.
                preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509
            )
        try:
            deadline = time.monotonic() + _SECONDS
            while not _listens(path):
                if _has_ended(proxy.pid) or time.monotonic() >= deadline:
                    raise ProgramError(f"kubectl does not reach the cluster: {_words(log)}")
                time.sleep(_POLL)
            yield Proxied(path)
        except UnreachableError as error:
            deadline = time.monotonic() + _END_SECONDS
            while not _has_ended(proxy.pid):
                if time.monotonic() >= deadline:
                    raise
                time.sleep(_POLL)
            raise ProgramError(
                f"kubectl proxy ended, by which the cluster is reached: {_words(log)}",
                hint="try again",
            ) from error
        finally:
            os.killpg(proxy.pid, signal.SIGKILL)
            proxy.wait()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        return one.connect_ex(str(path)) == 0


def _has_ended(process: int) -> bool:
    """Tell whether a child has ended; not waited for, its group's number stays its own."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _words(log: Path) -> str:
    return " ".join(log.read_text(errors="replace").split())
