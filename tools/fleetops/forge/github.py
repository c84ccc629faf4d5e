"""GitHub, also as one's own server.

https://docs.github.com/rest/pulls/pulls
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.forge.interface import Forge, Found

if TYPE_CHECKING:
    from fleetops.forge.interface import Draft


class GitHub(Forge):
    """A repository on GitHub."""

    def find(self, draft: Draft) -> Found | None:
        """Find it among those of the owner's branch: a fork has another owner."""
        owner = self._project.partition("/")[0]
        query = {"state": "open", "head": f"{owner}:{draft.head}", "base": draft.base}
        listed = self._api.get(self._pulls, **query) or ()
        return next((found_in(one) for one in listed), None)

    def create(self, draft: Draft) -> Found:
        """Open a pull request."""
        body = {"title": draft.title, "body": draft.body, "head": draft.head, "base": draft.base}
        return found_in(self._api.send("POST", self._pulls, body))

    def update(self, found: Found, draft: Draft) -> None:
        """Give it another title and body."""
        body = {"title": draft.title, "body": draft.body}
        self._api.send("PATCH", f"{self._pulls}/{found.number}", body)

    @property
    def _pulls(self) -> str:
        return f"/repos/{self._project}/pulls"


def found_in(value: dict[str, object]) -> Found:
    """Read a pull request."""
    return Found(int(str(value["number"])), str(value["html_url"]))
