"""A client of an API server: one connection, JSON both ways."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from fleetops.errors import ProgramError
from fleetops.manifests import dig

if TYPE_CHECKING:
    from collections.abc import Iterator

APPLY: Final = "application/apply-patch+yaml"
"""The content type of a server-side apply; JSON is YAML."""
_JSON: Final = "application/json"
# RFC 7234, 5.5: code, agent and the quoted words.
_WARNING: Final = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')

_MAX_BODY: Final = 3 * 1024**2
"""The API server reads no more of a request (MaxRequestBodyBytes in k8s.io/apiserver)."""
_AGAIN: Final = 10
"""How often a busy API server is asked again, as by kubectl (client-go, rest/request.go)."""
_BUSY_SECONDS: Final = 1.0
"""What it asks for in its Retry-After (k8s.io/apiserver, server/filters/maxinflight.go)."""
_TOO_LARGE: Final = "the object is larger than 3 MiB, and no API server takes such a request"

Connect = Callable[[], http.client.HTTPConnection]


class UnreachableError(ProgramError):
    """The API server did not answer."""


class Answer(Struct, frozen=True):
    """What the API server answered."""

    status: int
    """The HTTP status."""
    value: Any
    """The object, the list, or where it refuses a Status with its words in `message`."""
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it did what it was asked."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def absent(self) -> bool:
        """Whether there is no such object, or no such path."""
        return self.status == HTTPStatus.NOT_FOUND

    @property
    def conflict(self) -> bool:
        """Whether the object is there already, or was changed meanwhile."""
        return self.status == HTTPStatus.CONFLICT

    @property
    def busy(self) -> bool:
        """Whether it has too much to do, and did nothing of what it was asked.

        An eviction is answered alike where a disruption budget forbids it, with that as its cause.
        """
        causes = dig(self.value, "details", "causes")
        return self.status == HTTPStatus.TOO_MANY_REQUESTS and not causes

    @property
    def failed(self) -> bool:
        """Whether it could not do what it was asked, rather than would not."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def message(self) -> str:
        """The API server's words where it refuses."""
        return str(dig(self.value, "message") or self.value)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it refuses, as in `spec.ports[0].nodePort`."""
        causes = dig(self.value, "details", "causes") or ()
        return tuple(one["field"] for one in causes if one.get("field"))

    def demand(self) -> Any:  # noqa: ANN401
        """Give the value of what it did; raises as `Client.get` does."""
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(self.value, dict):
            # These are words of what stands in front of it: its own come in a Status.
            raise UnreachableError(f"the API server does not answer: {self.message}")
        if not self.ok:
            raise ProgramError(f"the API server refuses: {self.message}")
        if not isinstance(self.value, dict):
            raise ProgramError("what answers is no API server")
        return self.value


class Client:
    """Asks one API server, one question after the other; every thread needs its own."""

    def __init__(self, connect: Connect, token: str | None = None) -> None:
        self._connect = connect
        self._connection: http.client.HTTPConnection | None = None
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def is_ready(self) -> bool:
        """Tell whether the API server says that it is ready."""
        return self._answer("GET", "/readyz", None, _JSON).ok

    def get(self, path: str) -> Any | None:  # noqa: ANN401
        """Give an object or list, None where there is none.

        Raises UnreachableError, or ProgramError with the API server's words where it refuses.
        """
        answer = self.ask("GET", path)
        return None if answer.absent else answer.demand()

    def items(self, path: str) -> list[Any]:
        """Give the items of a list, none where there is no such path; raises as `get` does."""
        return list((self.get(path) or {}).get("items") or ())

    def serves(self, path: str) -> bool:
        """Tell whether there are objects, or could be, at the path of a list."""
        return self.ask("GET", f"{path}?limit=1").ok

    def create(self, path: str, body: bytes) -> bool:
        """Create an object, written as JSON, unless it is there; raises as `get` does."""
        answer = self.ask("POST", path, body)
        return answer.conflict or answer.demand() is not None

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = _JSON) -> Answer:
        """Ask, and give the answer, also where that is a refusal; raises UnreachableError.

        `kind` is the content type of the body. What fails in an API server that is not ready is no
        refusal: its store is gone, or it is itself, behind a proxy. A busy one is asked again.
        """
        if body is not None and len(body) > _MAX_BODY:
            return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"message": _TOO_LARGE})
        answer = self._answer(method, path, body, kind)
        for _ in range(_AGAIN):
            if not answer.busy:
                break
            time.sleep(_BUSY_SECONDS)
            answer = self._answer(method, path, body, kind)
        if answer.busy or (answer.failed and not self.is_ready()):
            raise self._unreachable(answer.message)
        return answer

    def watch(self, path: str) -> Iterator[Any]:
        """Give the events of a watch until it ends or is interrupted; raises UnreachableError.

        `path` says `watch=1`. An event is a mapping with `type` and `object`.
        """
        try:
            response = self._send("GET", path, None, _JSON)
            if response.status >= HTTPStatus.BAD_REQUEST:
                Answer(response.status, _decoded(response.read())).demand()
            while line := response.readline():
                yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unreachable(error) from error

    def interrupt(self) -> None:
        """End what another thread waits for here, which then finds that nothing answers."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            # Closing it would wait for the other thread.
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection; the next request opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _answer(self, method: str, path: str, body: bytes | None, kind: str) -> Answer:
        try:
            response = self._send(method, path, body, kind)
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        except BaseException:
            # Interrupted; to clean up there has to be another connection.
            self.close()
            raise
        said = _WARNING.findall(", ".join(response.headers.get_all("Warning") or ()))
        warnings = tuple(dict.fromkeys(re.sub(r"\\(.)", r"\1", one) for one in said))
        return Answer(response.status, _decoded(content), warnings)

    def _send(
        self, method: str, path: str, body: bytes | None, kind: str
    ) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = self._connect()
        headers = self._headers | ({"Content-Type": kind} if body is not None else {})
        self._connection.request(method, path, body, headers)
        return self._connection.getresponse()

    def _unreachable(self, error: Exception | str) -> UnreachableError:
        # What is half done cannot be gone on with.
        self.close()
        return UnreachableError(f"the API server does not answer: {error}")


def _decoded(content: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace").strip()
