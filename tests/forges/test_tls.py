"""No token goes to a forge whose certificate is not trusted; a real TLS server on loopback."""

from __future__ import annotations

import json
import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from certificates import certificate_of
from fleetops.errors import ProgramError
from fleetops.forge import Draft, find_forge
from serving import serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.acceptance

DRAFT = Draft("promote/aws", "main", "Promote release3 in aws", "text")
PULL = {
    "number": 7,
    "html_url": "https://forge.test/acme/fleet/pulls/7",
    "head": {"ref": "promote/aws", "repo_id": 1},
    "base": {"ref": "main", "repo_id": 1},
}


class Server(HTTPServer):
    """Takes down the token of every request that reaches it."""

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.tokens: list[str] = []

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}/acme/fleet.git"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        self.server.tokens.append(self.headers["Authorization"])
        content = json.dumps([PULL] if self.command == "GET" else PULL).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_of("127.0.0.1", tmp_path_factory.mktemp("own"))


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITEA_TOKEN", "opensesame")


def test_a_certificate_that_nobody_vouches_for_gets_no_token(own: Path) -> None:
    with serving(Server(own)) as server, pytest.raises(ProgramError) as caught:
        find_forge("origin", server.url, "gitea").publish(DRAFT)
    said = str(caught.value).replace("self signed", "self-signed")  # before OpenSSL 3
    assert said == (
        "the certificate of 127.0.0.1 is not trusted: self-signed certificate\n"
        "  nothing was sent; an authority of your own is named by SSL_CERT_FILE"
    )
    assert server.tokens == []


def test_one_of_another_host_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = certificate_of("forge.test", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with serving(Server(other)) as server, pytest.raises(ProgramError, match="IP address mismatch"):
        find_forge("origin", server.url, "gitea").publish(DRAFT)
    assert server.tokens == []


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    with serving(Server(own)) as server:
        assert find_forge("origin", server.url, "gitea").publish(DRAFT).number == 7
    assert server.tokens == ["token opensesame"] * 2
