"""The start of a cluster: part by part, each when what it needs is there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from fleetops.cluster import credentials, folders, parts
from fleetops.cluster.plan import Cluster
from fleetops.errors import Place, ProgramError
from fleetops.kube import Direct, UnreachableError
from fleetops.programs import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fleetops.cluster.plan import Plan

_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
_NODE: Final = Path(__file__).with_name("node.json")
_POLL: Final = 0.02
_MIB: Final = 1024 * 1024
_ROOM: Final = 256 * _MIB
"""What has to be free on the disk; etcd reserves half of it when it starts."""


@contextmanager
def started(plan: Plan, lock: int) -> Iterator[Starting]:
    """Start a cluster in the folder whose lock is given, and taken over.

    It is ready in the block. After the block nothing of it is left, unless it is kept; where this
    process is killed, the supervisor sees to that. Raises ProgramError where the cluster is not
    ready in time or a part ends, with the last lines of its log.
    """
    watched = folders.open_lock(plan.folder)
    heard, told = os.pipe()
    starting = Starting(plan, told, watched)
    try:
        try:
            folders.empty(plan.folder)
            _demand_room(plan.folder)
            starting.begin(lock, heard)
        finally:
            os.close(heard)
            os.close(lock)
        starting.until_ready()
        yield starting
    finally:
        # The supervisor, which hears that, lives on only if it was told to keep the cluster.
        os.close(told)
        if not starting.kept:
            folders.end(plan.folder, watched, by_itself=True)
        os.close(watched)


class Starting:
    """A cluster on its way, whose supervisor is told here what to do."""

    def __init__(self, plan: Plan, told: int, watched: int) -> None:
        self.kept = False
        self._plan = plan
        self._folder = plan.folder
        self._told = told
        self._watched = watched
        self._deadline = time.monotonic() + plan.timeout
        self._tokens = credentials.make_tokens()

    def begin(self, lock: int, heard: int) -> None:
        """Start the supervisor, with the lock and what it hears by."""
        self._write(parts.TOKENS, credentials.token_file(self._tokens))
        self._write(parts.SIGNING_KEY, credentials.signing_key())
        port = _start_supervisor(self._folder, lock, heard)
        self.cluster = Cluster(self._plan.name, self._folder, port, self._plan.programs["kubectl"])

    def until_ready(self) -> None:
        """Start everything, and wait until a pod would run."""
        self._start(parts.STORE)
        self._wait(parts.STORE, (self._folder / parts.STORE_SOCKET).exists)
        self._start(parts.SERVER)
        self._wait(parts.SERVER, (self._folder / parts.KEY).exists)
        certificate = self._folder / parts.CERTIFICATE
        client = Direct(self.cluster.port, certificate, self._tokens["admin"]).client()
        try:
            self._wait(parts.SERVER, client.is_ready)
            self._write_kubeconfigs(certificate.read_bytes())
            for part in parts.CLIENTS:
                self._start(part)
            node = _NODE.read_bytes()
            self._wait(parts.SERVER, lambda: client.create("/api/v1/nodes", node))
            self._wait(parts.KUBELET, lambda: _is_ready(client.get("/api/v1/nodes/node")))
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            self._wait(parts.CONTROLLERS, lambda: client.get(account) is not None)
        finally:
            client.close()
        self._tell("ready")

    def keep(self) -> None:
        """Let it outlive this process."""
        # Interrupted from here on, the supervisor alone decides, by what it was told.
        self.kept = True
        self._deadline = float("inf")
        self._tell("keep")
        self._wait(folders.SUPERVISOR, self._is_kept)

    def _start(self, part: str) -> None:
        self._tell("start", part, parts.command(part, self._plan.programs, self.cluster.port))

    def _tell(self, *words: object) -> None:
        # Where it has ended, whoever waits next sees why.
        with suppress(BrokenPipeError):
            os.write(self._told, msgspec.json.encode(words) + b"\n")

    def _wait(self, part: str, condition: Callable[[], bool]) -> None:
        """Wait until the condition, which hangs on a part, is met."""
        while True:
            with suppress(UnreachableError):
                if condition():
                    return
            state = folders.read_state(self._folder)
            if (state and state.broken) or folders.is_free(self._watched):
                raise self._failed(*folders.why_broken(self._folder))
            if time.monotonic() >= self._deadline:
                why = f"{part} was not ready after {self._plan.timeout:g} s"
                raise self._failed(why, folders.last_lines(self._folder, part))
            time.sleep(_POLL)

    def _is_kept(self) -> bool:
        state = folders.read_state(self._folder)
        return state is not None and state.kept

    def _failed(self, why: str, lines: Sequence[str]) -> ProgramError:
        hint = "nothing of it is left; a slow machine may need more time, see --timeout"
        return folders.failure(self._plan.name, why, lines, hint)

    def _write_kubeconfigs(self, certificate: bytes) -> None:
        users = {"kubeconfig": "admin"} | {
            parts.kubeconfig_of(part): user for part, user in parts.CLIENTS.items()
        }
        for name, user in users.items():
            text = credentials.kubeconfig(
                self.cluster.context, self.cluster.server, certificate, self._tokens[user]
            )
            self._write(name, text)

    def _write(self, name: str, text: str) -> None:
        with _private(self._folder / name) as file:
            file.write(text.encode())


def _start_supervisor(folder: Path, lock: int, heard: int) -> int:
    """Start it, and give the port that it holds."""
    with socket.socket() as held, _private(folder / f"{folders.SUPERVISOR}.log") as log:
        # Bound as long as the supervisor lives, and shared with nobody but the API server.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            held.bind(("127.0.0.1", 0))
        except OSError as error:
            raise ProgramError(f"no port of 127.0.0.1 can be had: {error.strerror}") from error
        port: int = held.getsockname()[1]
        subprocess.run(
            (sys.executable, "-I", "-S", _SUPERVISOR, folder, str(lock), str(port)),
            cwd=folder,
            env=clean_environment(folder),
            stdin=heard,
            stdout=log,
            stderr=log,
            pass_fds=(lock, held.fileno()),
            start_new_session=True,
            umask=0o077,
            check=False,
        )
    return port


def _private(path: Path) -> IO[bytes]:
    """Open a new file that only the user can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _demand_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _ROOM:
        raise ProgramError(
            f"only {free // _MIB} MiB are free there, and a cluster takes {_ROOM // _MIB}",
            place=Place(str(folder)),
            hint="make room, or set XDG_CACHE_HOME to a folder on another disk",
        )


def _is_ready(node: dict[str, Any] | None) -> bool:
    """Tell whether a node says of itself that it is ready."""
    conditions = node["status"].get("conditions", ()) if node else ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
