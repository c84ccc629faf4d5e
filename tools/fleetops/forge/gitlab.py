"""GitLab, also as one's own server.

https://docs.gitlab.com/api/merge_requests/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fleetops.forge.interface import Forge, Found

if TYPE_CHECKING:
    from fleetops.forge.interface import Draft


class GitLab(Forge):
    """A project on GitLab, where pull requests are merge requests."""

    def find(self, draft: Draft) -> Found | None:
        """Find it among those of the branch, but for those that come from forks."""
        query = {"state": "opened", "source_branch": draft.head, "target_branch": draft.base}
        listed = self._api.get(self._requests, **query) or ()
        own = (one for one in listed if one["source_project_id"] == one["target_project_id"])
        return next((_found(one) for one in own), None)

    def create(self, draft: Draft) -> Found:
        """Open a merge request."""
        branches = {"source_branch": draft.head, "target_branch": draft.base}
        body = {"title": draft.title, "description": draft.body, **branches}
        return _found(self._api.send("POST", self._requests, body))

    def update(self, found: Found, draft: Draft) -> None:
        """Give it another title and description."""
        body = {"title": draft.title, "description": draft.body}
        self._api.send("PUT", f"{self._requests}/{found.number}", body)

    @property
    def _requests(self) -> str:
        return f"/projects/{quote(self._project, safe='')}/merge_requests"


def _found(value: dict[str, object]) -> Found:
    return Found(int(str(value["iid"])), str(value["web_url"]))
