"""Gitea and Forgejo, whose APIs are the same here, and GitHub's but for how one is found.

https://docs.gitea.com/api/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleetops.errors import RefusedError
from fleetops.forge.github import GitHub, found_in

if TYPE_CHECKING:
    from typing import Any

    from fleetops.forge.interface import Draft, Found

_PAGES: Final = 200
"""Of 50 pull requests; a server may give fewer at once."""


class Gitea(GitHub):
    """A repository on Gitea."""

    def find(self, draft: Draft) -> Found | None:
        """Find the oldest open one of the branches; asked for by them, it may give a closed one."""
        query = {"state": "open", "sort": "oldest", "base_branch": draft.base, "limit": "50"}
        for page in range(1, _PAGES + 1):
            listed = self._api.get(self._pulls, **query, page=str(page))
            if not listed:
                break
            for one in listed:
                if _is_of(one, draft):
                    return found_in(one)
        return None

    def create(self, draft: Draft) -> Found:
        """Open a pull request; of two that are opened at the same moment, the first one stays."""
        created = super().create(draft)
        first = self.find(draft)
        if first is not None and first.number != created.number:
            self._api.send("PATCH", f"{self._pulls}/{created.number}", {"state": "closed"})
            raise RefusedError(f"pull request {first.number} was opened at the same moment")
        return created


def _is_of(value: dict[str, Any], draft: Draft) -> bool:
    head, base = value["head"], value["base"]
    branches = (head["ref"], base["ref"])
    return branches == (draft.head, draft.base) and head["repo_id"] == base["repo_id"]
