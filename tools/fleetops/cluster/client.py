"""A client of the API server for what starting a cluster takes; kubectl is for the rest."""

from __future__ import annotations

import http.client
import json
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fleetops.errors import ProgramError

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT: Final = 10.0


class UnreachableError(ProgramError):
    """The API server did not answer."""


class Client:
    """Asks the API server on 127.0.0.1, which it knows by its certificate."""

    def __init__(self, port: int, certificate: Path, token: str) -> None:
        context = ssl.create_default_context(cafile=str(certificate))
        self._connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=_TIMEOUT, context=context
        )
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def is_ready(self) -> bool:
        """Tell whether the API server says that it is ready."""
        return self._ask("GET", "/readyz")[0] == HTTPStatus.OK

    def get(self, path: str) -> Any | None:  # noqa: ANN401
        """Give an object, None where there is none.

        Raises UnreachableError, or ProgramError with the API server's words where it refuses.
        """
        status, body = self._ask("GET", path)
        return None if status == HTTPStatus.NOT_FOUND else _answer(status, body)

    def create(self, path: str, body: bytes) -> bool:
        """Create an object, written as JSON, unless it is there; raises as `get` does."""
        status, answer = self._ask("POST", path, body)
        return status == HTTPStatus.CONFLICT or _answer(status, answer) is not None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        try:
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            # What is half done cannot be gone on with; the next request connects anew.
            self._connection.close()
            raise UnreachableError(f"the API server does not answer: {error}") from error


def _answer(status: int, body: bytes) -> Any:  # noqa: ANN401
    document = json.loads(body)
    if status >= HTTPStatus.BAD_REQUEST:
        raise ProgramError(f"the API server refuses: {document['message']}")
    return document
