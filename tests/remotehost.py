"""A host of Git repositories on loopback, over TLS, as remote bases are fetched from."""

from __future__ import annotations

import ssl
import subprocess
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

from fleetcopy import ENVIRONMENT
from gitops.gitserver import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class RemoteHost(ThreadingHTTPServer):
    """Serves every repository in a folder; takes down what is asked."""

    daemon_threads = True

    def __init__(self, folder: Path, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.folder = folder
        self.certificate = certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.asked: list[str] = []
        self.redirect = ""
        self.held = threading.Event()
        """Set where it answers."""
        self.held.set()

    @property
    def name(self) -> str:
        """Give what is listed in fleetops.yaml."""
        return f"127.0.0.1:{self.server_port}"

    def commit(
        self, name: str, files: Mapping[str, str], links: Mapping[str, str] | None = None
    ) -> str:
        """Have a repository hold these files, and nothing else; give the commit."""
        root = self.folder / name
        if not root.exists():
            root.mkdir(parents=True)
            self.git(name, "init", "--quiet", "--initial-branch=main")
        else:
            self.git(name, "rm", "-r", "--quiet", ".")
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        for path, target in (links or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(target)
        self.git(name, "add", "--all")
        self.git(name, "commit", "--quiet", "--allow-empty", "--message=as it is")
        return self.git(name, "rev-parse", "HEAD").strip()

    def git(self, name: str, *words: str) -> str:
        who = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.test")
        command = ["git", *who, *words]
        root = self.folder / name
        return subprocess.run(
            command, cwd=root, env=ENVIRONMENT, check=True, capture_output=True, text=True
        ).stdout

    def url(self, name: str, folder: str, commit: str) -> str:
        return f"https://{self.name}/{name}//{folder}?ref={commit}"


class Asked(Handler):
    """Gives out repositories only, or leads elsewhere."""

    server: RemoteHost  # type: ignore[assignment]

    def do_GET(self) -> None:  # noqa: N802
        self.server.asked.append(self.path)
        if self.server.redirect:
            self.send_response(302)
            self.send_header("Location", f"{self.server.redirect}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.server.held.wait(60)
        self._ask_git()
