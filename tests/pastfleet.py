"""A small fleet with two environments and a past."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Self

from fleetcopy import ENVIRONMENT
from smallfleet import RELEASE, WEB, SmallFleet

if TYPE_CHECKING:
    from pathlib import Path

FLEETOPS = """\
version: 1
environments:
  - name: one
    overlay: overlays/one
    kubernetes: ["1.37"]
  - name: two
    overlay: overlays/two
    kubernetes: ["1.37"]
"""
OVERLAY = """\
resources:
  - ../../base
images:
  - name: example.test/web
    newTag: {tag}
"""
DAY = 24 * 60 * 60
START = 1_780_000_000
"""2026-05-28 20:26:40 UTC; each commit is a day later than the one before."""


class PastFleet(SmallFleet):
    """A repository whose commits have dates, authors and messages of their own."""

    @classmethod
    def make(cls, folder: Path, inside: str = "") -> Self:
        """Make it in a folder, or in a folder inside of its Git repository."""
        top = folder / "repository"
        root = top / inside
        root.mkdir(parents=True)
        (root.parent / "tmp").mkdir()
        fleet = cls(root)
        fleet.write("fleetops.yaml", FLEETOPS)
        for name in ("v1", "v2", "v3", "v4"):
            fleet.write(f"releases/{name}.yaml", RELEASE.format(name=name))
        fleet.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        fleet.write("base/web.yaml", WEB)
        subprocess.run(
            ["git", "init", "--quiet", "--initial-branch=main", top],  # noqa: S607
            env=ENVIRONMENT,
            check=True,
        )
        return fleet

    def run_in(self, environment: str, tag: str) -> None:
        """Write the overlay of an environment."""
        self.write(f"overlays/{environment}/kustomization.yaml", OVERLAY.format(tag=tag))

    def record(
        self, message: str = "Something", author: str = "Ada", day: int | None = None
    ) -> str:
        """Commit everything on the next day, or on that one, and give the commit's name."""
        number = len(self.git("rev-list", "--all").split()) if day is None else day
        when = f"{START + number * DAY} +0000"
        self.git("add", "--all")
        subprocess.run(
            ["git", "commit", "--quiet", "--allow-empty", "--file=-", "--cleanup=verbatim"],  # noqa: S607
            cwd=self.root,
            env=ENVIRONMENT
            | {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": "a@example.test"}
            | {"GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.test"}
            | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
            input=message.encode(),
            check=True,
        )
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def ran(self, *words: str, environment: str = "one") -> list[tuple[str | None, str, int]]:
        """Give release, state and day of each entry of the history."""
        done = self.json("history", "--env", environment, *words)
        return [(one["release"], one["state"], _day(one["when"])) for one in done.data["entries"]]


def _day(when: str) -> int:
    from datetime import datetime

    return int((datetime.fromisoformat(when).timestamp() - START) // DAY)
