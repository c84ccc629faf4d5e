"""A real Gitea on loopback, with one user, whom its API is asked as."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import secrets
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from fleetcopy import ENVIRONMENT, ROOT
from fleetops.programs import Program, ensure
from fleetops.programs.golang import download_environment, find_go
from fleetops.programs.pins import read_pin
from fleetops.programs.versions import Range, Version
from gitops.processes import processes_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GITEA: Final = Program(
    name="gitea",
    version_arguments=("--version",),
    accepted=Range(Version(1, 26), Version(1, 27)),
    folder=ROOT / "tests" / "programs" / "gitea",
    package="code.gitea.io/gitea",
    seconds=240,
    version_variable="main.Version",
    tags=("sqlite", "sqlite_unlock_notify"),
    cgo=True,
)
USER: Final = "promoter"
SETTINGS: Final = """\
RUN_USER = {user}
WORK_PATH = {folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {source}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
[queue]
TYPE = channel
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[log]
LEVEL = Warn
"""


class Gitea(Struct, frozen=True):
    """A Gitea that runs, and the token of its user."""

    port: int
    token: str

    def ask(self, method: str, path: str, **body: object) -> Any:  # noqa: ANN401
        """Ask its API; what it refuses fails the test."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        with closing(connection):
            content = json.dumps(body) if body else None
            connection.request(method, f"/api/v1{path}", content, headers)
            response = connection.getresponse()
            text = response.read().decode()
        assert response.status < HTTPStatus.BAD_REQUEST, text
        html = response.headers.get_content_type() == "text/html"
        return text if html else json.loads(text or "null")

    def remote(self, name: str) -> str:
        """Make an empty repository; give its address, with what git needs to push to it."""
        self.ask("POST", "/user/repos", name=name, default_branch="main")
        return f"http://{USER}:{self.token}@127.0.0.1:{self.port}/{USER}/{name}.git"


@contextmanager
def gitea_in(folder: Path) -> Iterator[Gitea]:
    """Run a Gitea in an empty folder for as long as the block takes."""
    program = ensure(GITEA, ROOT, print)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    settings = folder / "app.ini"
    user = pwd.getpwuid(os.geteuid()).pw_name
    text = SETTINGS.format(user=user, folder=folder, port=port, source=_source(folder))
    settings.write_text(text)
    environment = ENVIRONMENT | {"HOME": str(folder), "GITEA_WORK_DIR": str(folder)}

    def run(*words: str) -> str:
        command = [str(program), "--config", str(settings), *words]
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("migrate")
    person = ("--username", USER, "--email", "promoter@example.test", "--admin")
    password = ("--password", secrets.token_hex(16), "--must-change-password=false")
    run("admin", "user", "create", *person, *password)
    token = run(
        *("admin", "user", "generate-access-token", "--username", USER),
        *("--token-name", "tests", "--scopes", "all", "--raw"),
    ).split()[-1]
    with processes_in(folder) as processes:
        processes.start(program, "--config", str(settings), "web", environment=environment)
        gitea = Gitea(port, token)
        for _ in range(600):
            processes.assert_running()
            try:
                gitea.ask("GET", "/version")
                break
            except ConnectionError:
                time.sleep(0.1)
        yield gitea


def _source(scratch: Path) -> str:
    """Give the folder of its source, whose templates it reads; downloaded unless Go has it."""
    go = find_go(read_pin(GITEA).go, ROOT, print)
    answer = subprocess.run(
        [go.path, "mod", "download", "-json", GITEA.package],
        cwd=GITEA.folder,
        env={**download_environment(scratch, ROOT), **go.environment, "GOTOOLCHAIN": "local"},
        capture_output=True,
        check=True,
    )
    return str(json.loads(answer.stdout)["Dir"])
