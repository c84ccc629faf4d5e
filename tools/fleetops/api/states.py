"""States of the repository: its work tree, and its commits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.fleet import Fleet
from fleetops.catalogue import CONFIG, Config, parse_config
from fleetops.errors import InputError
from fleetops.files import Repository
from fleetops.git import export

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.api.fleet import Bench
    from fleetops.catalogue import Environment
    from fleetops.git import Git

WORK_TREE = "the work tree"


class State(Struct, frozen=True, dict=True):
    """A repository as it is or was."""

    name: str
    """`the work tree`, or the commit."""
    fleet: Fleet

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        """The environments of that time, in their order."""
        return {one.name: one for one in self.fleet.config.environments}

    def failure(self, error: InputError) -> InputError:
        """Say where an error is, if that is not the work tree."""
        if self.name == WORK_TREE:
            return error
        return at_commit(error, self.name)


def at_commit(error: InputError, commit: str) -> InputError:
    """Say of which commit an error is."""
    return InputError(f"{error.message} (commit {commit[:12]})", place=error.place, hint=error.hint)


def open_state(bench: Bench, git: Git, revision: str) -> State:
    """Write a revision into a scratch folder; without a fleetops.yaml it has no environments.

    Raises UsageError for a revision that does not exist and InputError for one that cannot be used.
    """
    commit = git.commit(revision)
    folder = bench.folder("state")
    try:
        export(git, commit, folder)
        repository = Repository.at(folder)
        # It may be a link, which parse_config does not follow out of the folder.
        there = (folder / CONFIG).is_symlink() or (folder / CONFIG).exists()
        config = parse_config(repository) if there else Config(version=1, environments=())
    except InputError as error:
        raise at_commit(error, commit) from None
    return State(commit, Fleet(repository, config))
