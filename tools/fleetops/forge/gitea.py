"""Gitea and Forgejo, whose APIs are the same here, and GitHub's but for how one is found.

https://docs.gitea.com/api/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fleetops.forge.github import GitHub, found_in

if TYPE_CHECKING:
    from fleetops.forge.interface import Draft, Found


class Gitea(GitHub):
    """A repository on Gitea."""

    def find(self, draft: Draft) -> Found | None:
        """Find it by its branches; one that is closed or merged is not found."""
        value = self._api.get(f"{self._pulls}/{quote(draft.base, safe='')}/{quote(draft.head)}")
        return None if value is None or value["state"] != "open" else found_in(value)
