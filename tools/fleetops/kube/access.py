"""How an API server is reached: directly, with a token, or through kubectl's proxy."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.kube.client import Client

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT: Final = 10.0


class Direct(Struct, frozen=True):
    """An API server on 127.0.0.1, which is known by its certificate."""

    port: int
    certificate: Path
    token: str

    def client(self, timeout: float = _TIMEOUT) -> Client:
        """Give a client; `timeout` is the seconds that the server may be silent."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        return Client(
            lambda: http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=timeout, context=context
            ),
            self.token,
        )


class Proxied(Struct, frozen=True):
    """A Unix socket, behind which kubectl passes everything on to an API server."""

    socket: Path

    def client(self, timeout: float = _TIMEOUT) -> Client:
        """Give a client; `timeout` is the seconds that the server may be silent."""
        return Client(lambda: _UnixConnection(self.socket, timeout))


Access = Direct | Proxied


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
