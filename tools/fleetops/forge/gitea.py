"""Gitea and Forgejo, whose APIs are the same here.

https://docs.gitea.com/api/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fleetops.forge.interface import Forge, Found

if TYPE_CHECKING:
    from fleetops.forge.interface import Draft


class Gitea(Forge):
    """A repository on Gitea."""

    def find(self, draft: Draft) -> Found | None:
        """Find it by its branches; one that is closed or merged is not found."""
        value = self._api.get(f"{self._pulls}/{quote(draft.base, safe='')}/{quote(draft.head)}")
        return None if value is None or value["state"] != "open" else _found(value)

    def create(self, draft: Draft) -> Found:
        """Open a pull request."""
        body = {"title": draft.title, "body": draft.body, "head": draft.head, "base": draft.base}
        return _found(self._api.send("POST", self._pulls, body))

    def update(self, found: Found, draft: Draft) -> None:
        """Give it another title and body."""
        body = {"title": draft.title, "body": draft.body}
        self._api.send("PATCH", f"{self._pulls}/{found.number}", body)

    @property
    def _pulls(self) -> str:
        return f"/repos/{self._project}/pulls"


def _found(value: dict[str, object]) -> Found:
    return Found(int(str(value["number"])), str(value["html_url"]))
