"""Pull requests on GitHub and GitLab, played by a server that answers as their documentation says.

Neither can be had here, so what is tested is the shape of the requests and what becomes of the
documented answers: https://docs.github.com/rest/pulls/pulls and
https://docs.gitlab.com/api/merge_requests/. tests/forges has the real Gitea.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct

from fleetops.errors import RefusedError, UsageError
from fleetops.forge import Draft, find_forge, interface
from fleetops.forge.find import Address, read_address
from fleetops.forge.http import UnreachableError
from serving import serving

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

TOKEN = "opensesame"  # noqa: S105
DRAFT = Draft("promote/aws", "main", "Promote release3 in aws", "text")
GITHUB = "/api/v3/repos/acme/fleet/pulls"
GITLAB = "/api/v4/projects/acme%2Ffleet/merge_requests"
PULL = {"number": 7, "html_url": "https://github.test/acme/fleet/pull/7", "state": "open"}
MERGE_REQUEST = {
    "id": 155016530,
    "iid": 7,
    "project_id": 15513260,
    "source_project_id": 15513260,
    "target_project_id": 15513260,
    "web_url": "https://gitlab.test/acme/fleet/-/merge_requests/7",
}


class Answer(Struct, frozen=True):
    value: Any
    status: int = 200
    location: str | None = None


class Asked(Struct, frozen=True):
    method: str
    path: str
    body: Any
    token: str
    """What any of its headers say of the token."""


class Server(ThreadingHTTPServer):
    """Gives the answers that it was made with, in their order, and takes down what was asked."""

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.asked: list[Asked] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/acme/fleet.git"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"null")
        said = [f"{name}: {value}" for name, value in self.headers.items() if TOKEN in value]
        self.server.asked.append(Asked(self.command, self.path, body, said[0]))
        answer = self.server.answers.pop(0)
        content = json.dumps(answer.value).encode()
        self.send_response(answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def playing(*answers: Answer) -> AbstractContextManager[Server]:
    return serving(Server(list(answers)))


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    for name in ("GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    monkeypatch.setattr(interface, "_PAUSE", 0.01)


def test_github_opens_a_pull_request_where_there_is_none() -> None:
    with playing(Answer([]), Answer(PULL, 201)) as server:
        opened = find_forge("origin", server.url, "github").publish(DRAFT)
    assert (opened.number, opened.url, opened.new) == (7, PULL["html_url"], True)
    token = f"Authorization: Bearer {TOKEN}"
    assert server.asked == [
        Asked("GET", f"{GITHUB}?state=open&head=acme%3Apromote%2Faws&base=main", None, token),
        Asked(
            "POST",
            GITHUB,
            {"title": DRAFT.title, "body": "text", "head": "promote/aws", "base": "main"},
            token,
        ),
    ]


def test_github_updates_the_open_one() -> None:
    with playing(Answer([PULL]), Answer(PULL)) as server:
        assert not find_forge("origin", server.url, "github").publish(DRAFT).new
    last = server.asked[-1]
    assert (last.method, last.path) == ("PATCH", f"{GITHUB}/7")
    assert last.body == {"title": DRAFT.title, "body": "text"}


def test_gitlab_opens_a_merge_request_where_only_a_fork_has_one() -> None:
    fork = MERGE_REQUEST | {"iid": 3, "source_project_id": 1}
    with playing(Answer([fork]), Answer(MERGE_REQUEST, 201)) as server:
        opened = find_forge("origin", server.url, "gitlab").publish(DRAFT)
    assert (opened.number, opened.url, opened.new) == (7, MERGE_REQUEST["web_url"], True)
    query = "state=opened&source_branch=promote%2Faws&target_branch=main"
    branches = {"source_branch": "promote/aws", "target_branch": "main"}
    token = f"Private-Token: {TOKEN}"
    assert [(one.method, one.path, one.token) for one in server.asked] == [
        ("GET", f"{GITLAB}?{query}", token),
        ("POST", GITLAB, token),
    ]
    assert server.asked[1].body == {"title": DRAFT.title, "description": "text", **branches}


def test_gitlab_updates_the_open_one() -> None:
    with playing(Answer([MERGE_REQUEST]), Answer(MERGE_REQUEST)) as server:
        assert not find_forge("origin", server.url, "gitlab").publish(DRAFT).new
    last = server.asked[-1]
    assert (last.method, last.path) == ("PUT", f"{GITLAB}/7")
    assert last.body == {"title": DRAFT.title, "description": "text"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_the_token_nowhere(status: int) -> None:
    with (
        playing(Answer([])) as other,
        playing(Answer([], status, other.url)) as server,
        pytest.raises(RefusedError, match=f"answers with {status}"),
    ):
        find_forge("origin", server.url, "github").publish(DRAFT)
    assert other.asked == []


def test_an_answer_that_got_lost_opens_no_second_one() -> None:
    with playing(Answer([]), Answer(None, 502), Answer([PULL]), Answer(PULL)) as server:
        assert find_forge("origin", server.url, "github").publish(DRAFT).number == 7
    assert [one.method for one in server.asked] == ["GET", "POST", "GET", "PATCH"]


def test_one_that_somebody_opens_meanwhile_is_updated() -> None:
    exists = Answer({"message": "A pull request already exists"}, 422)
    with playing(Answer([]), exists, Answer([PULL]), Answer(PULL)) as server:
        assert not find_forge("origin", server.url, "github").publish(DRAFT).new
    assert [one.method for one in server.asked] == ["GET", "POST", "GET", "PATCH"]


def test_it_is_tried_three_times() -> None:
    with (
        playing(*[Answer(None, 503)] * 4) as server,
        pytest.raises(UnreachableError, match=r"127\.0\.0\.1 answers with 503"),
    ):
        find_forge("origin", server.url, "github").publish(DRAFT)
    assert len(server.asked) == 3


def test_a_refusal_is_said_in_the_forges_words_and_never_with_the_token() -> None:
    errors = [{"message": f"No commits between main and {TOKEN}"}]
    refusal = Answer({"message": "Validation Failed", "errors": errors}, 422)
    with playing(Answer([]), refusal, Answer([])) as server, pytest.raises(RefusedError) as caught:
        find_forge("origin", server.url, "github").publish(DRAFT)
    assert "answers with 422 Validation Failed" in str(caught.value)
    assert "No commits between main and ***" in str(caught.value)


def test_nobody_who_listens_is_no_answer() -> None:
    with playing() as server:
        pass
    with pytest.raises(UnreachableError, match="does not answer"):
        find_forge("origin", server.url, "gitlab").publish(DRAFT)


def test_no_token_goes_out_without_encryption() -> None:
    with pytest.raises(UsageError, match="without encryption"):
        find_forge("origin", "http://gitea.example.test/acme/fleet", "gitea")


def test_without_a_token_its_names_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN")
    with pytest.raises(UsageError) as caught:
        find_forge("origin", "https://github.com/acme/fleet", None)
    assert "GITHUB_TOKEN or GH_TOKEN" in str(caught.value)


@pytest.mark.parametrize("value", ["a\nb", "ü"])
def test_what_is_no_token_is_not_sent(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", value)
    with pytest.raises(UsageError, match="is no token"):
        find_forge("origin", "https://github.com/acme/fleet", None)


@pytest.mark.parametrize(
    ("url", "origin", "project"),
    [
        ("https://github.com/acme/fleet.git", "https://github.com", "acme/fleet"),
        ("https://user:secret@git.test:8443/a/b/c/", "https://git.test:8443", "a/b/c"),
        ("ssh://git@git.test:2222/acme/fleet.git", "https://git.test", "acme/fleet"),
        ("git@GitHub.com:acme/fleet.git", "https://github.com", "acme/fleet"),
        ("git.test:acme/fleet", "https://git.test", "acme/fleet"),
    ],
)
def test_a_remote_is_found_on_its_forge(url: str, origin: str, project: str) -> None:
    host = origin.removeprefix("https://").partition(":")[0]
    assert read_address(url) == Address(origin, host, project)


@pytest.mark.parametrize(
    "url", ["/srv/fleet.git", "file:///srv/x/y", "fleet", "https://host/only", ""]
)
def test_a_remote_elsewhere_is_on_no_forge(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_forge("upstream", url, "gitea")
    message = "the address of the remote upstream leads to no repository on a forge"
    assert caught.value.message == message
    assert "--pr REMOTE" in (caught.value.hint or "")
    assert "--push" in (caught.value.hint or "")
