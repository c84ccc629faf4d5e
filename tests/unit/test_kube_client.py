"""An API server that cannot answer now has refused nothing."""

from __future__ import annotations

import http.client
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fleetops.kube import client as module
from fleetops.kube.client import Client, UnreachableError
from serving import serving

TOO_MANY, CREATED = 429, 201


class Busy(HTTPServer):
    """Has too much to do for some requests; a real one is that only under a load of many."""

    def __init__(self, times: int) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.left = times

    def client(self) -> Client:
        return Client(lambda: http.client.HTTPConnection("127.0.0.1", self.server_port))


class Answering(BaseHTTPRequestHandler):
    server: Busy

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        busy = self.server.left > 0
        self.server.left -= 1
        content = b'{"message": "too many requests"}' if busy else b'{"kind": "ConfigMap"}'
        self.send_response(TOO_MANY if busy else CREATED)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing."""
    monkeypatch.setattr(module, "_BUSY_SECONDS", 0.0)


def test_a_busy_api_server_is_asked_again() -> None:
    with serving(Busy(3)) as server:
        answer = server.client().ask("POST", "/api/v1/namespaces/a/configmaps", b"{}")
    assert (answer.ok, answer.value) == (True, {"kind": "ConfigMap"})


def test_one_that_stays_busy_refuses_nothing() -> None:
    busy = "the API server does not answer: too many requests"
    with serving(Busy(100)) as server, pytest.raises(UnreachableError, match=busy):
        server.client().ask("POST", "/api/v1/namespaces/a/configmaps", b"{}")
