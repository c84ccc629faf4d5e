"""JSON over HTTPS to one host, which alone ever sees the token."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from fleetops import __version__
from fleetops.errors import ProgramError, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 30.0
_MAX_BYTES: Final = 8 * 1024**2
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_PASSING: Final = (
    HTTPStatus.CONFLICT,  # somebody else changes the same at this moment
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class UnreachableError(ProgramError):
    """A forge does not answer, or not now."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the token goes nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


class Api:
    """The REST API at an address."""

    def __init__(self, address: str, headers: Mapping[str, str], secret: str) -> None:
        """Take the address without a slash at its end; `secret` is what no error may say."""
        split = urlsplit(address)
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if split.hostname in _LOOPBACK:
            handlers.append(urllib.request.ProxyHandler({}))
        elif split.scheme != "https":
            raise UsageError(
                f"no token is sent to {split.hostname} without encryption",
                hint="let the remote's address begin with https:// or ssh://",
            )
        context = ssl.create_default_context()
        handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)
        self._address = address
        self._host = split.hostname
        self._secret = secret
        self._headers = {"User-Agent": f"fleetops/{__version__}", **headers}

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401
        """Give what is at a path, None where nothing is; raises as `send` does."""
        try:
            return self.send("GET", f"{path}?{urlencode(query)}" if query else path)
        except _AbsentError:
            return None

    def send(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        """Send a request and give the answer's value.

        Raises RefusedError with the forge's words where it refuses, UnreachableError where it does
        not answer, ProgramError where its certificate is not trusted.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({"Content-Type": "application/json"} if content else {})
        request = urllib.request.Request(  # noqa: S310 - the scheme is looked at above
            f"{self._address}{path}", content, headers, method=method
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return json.loads(response.read(_MAX_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise ProgramError(
                    f"the certificate of {self._host} is not trusted: {reason.verify_message}",
                    hint="nothing was sent; an authority of your own is named by SSL_CERT_FILE",
                ) from None
            raise UnreachableError(self._clean(f"{self._host} does not answer: {reason}")) from None

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        try:
            answer = json.loads(error.read(_MAX_BYTES))
            words = str(answer.get("message") or answer.get("error") or "")
            more = answer.get("errors")
            words = f"{words} {json.dumps(more)}" if more else words
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            words = ""
        said = self._clean(f"{self._host} answers with {error.code} {words}".strip())
        if error.code in _PASSING:
            return UnreachableError(said)
        hint = _HINTS.get(error.code)
        if HTTPStatus.MULTIPLE_CHOICES <= error.code < HTTPStatus.BAD_REQUEST:
            hint = "has the repository moved? the remote's address has to be its present one"
        kind = _AbsentError if error.code == HTTPStatus.NOT_FOUND else RefusedError
        return kind(said, hint=hint)

    def _clean(self, text: str) -> str:
        return text.replace(self._secret, "***")


class _AbsentError(RefusedError):
    """There is nothing at a path, or nothing that the token may see."""


_HINTS: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "is the token still valid?",
    HTTPStatus.FORBIDDEN: "may the token write pull requests?",
    HTTPStatus.NOT_FOUND: "is the remote's address right, and may the token see the repository?",
}
