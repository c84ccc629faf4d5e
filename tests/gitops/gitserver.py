"""A Git server on loopback, which also gives out the files that lie beside its repository."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

from fleetcopy import ENVIRONMENT
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY: Final = "fleet.git"


class Server(ThreadingHTTPServer):
    """Serves a folder with the repository in it."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers what is asked of the repository by `git http-backend`, and files by themselves."""

    server: Server

    def do_GET(self) -> None:
        if self.path.startswith(f"/{REPOSITORY}/"):
            self._ask_git()
            return
        # By its name alone, so that no path leads out of the folder.
        file = self.server.folder / os.path.basename(self.path)  # noqa: PTH119
        if not file.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._answer(HTTPStatus.OK, {}, file.read_bytes())

    def do_POST(self) -> None:
        self._ask_git()

    def log_message(self, *_: object) -> None:
        pass

    def _ask_git(self) -> None:
        path, _, query = self.path.partition("?")
        asked = {
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": self.client_address[0],
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"],  # noqa: S607
            env=ENVIRONMENT | asked,
            input=self.rfile.read(int(asked["CONTENT_LENGTH"] or 0)),
            capture_output=True,
            # It also fails where it has told the client why.
            check=False,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        self._answer(status, headers, body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def git_server(folder: Path) -> Iterator[Server]:
    """Give a server with an empty repository, whom everybody may push to."""
    repository = folder / REPOSITORY
    for command in (
        ("init", "--quiet", "--bare", "--initial-branch=main", repository),
        ("-C", repository, "config", "http.receivepack", "true"),
    ):
        subprocess.run(["git", *command], env=ENVIRONMENT, check=True)  # noqa: S607
    with serving(Server(folder)) as server:
        yield server
