"""States of the repository: its work tree, and its commits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fleetops.api.fleet import Fleet
from fleetops.catalogue import CONFIG, Config, parse_config
from fleetops.errors import InputError
from fleetops.files import Repository
from fleetops.git import export

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleetops.api.bench import Bench
    from fleetops.catalogue import Environment
    from fleetops.git import Git

WORK_TREE = "the work tree"


class State(Struct, frozen=True, dict=True):
    """A repository as it is or was."""

    name: str
    """`the work tree`, or the commit."""
    fleet: Fleet
    problem: InputError | None = None
    """Why its fleetops.yaml cannot be read, and so it has no environments."""

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        """The environments of that time, in their order."""
        return {one.name: one for one in self.fleet.config.environments}

    def judged_by(self, former: State) -> State:
        """Give it with what was allowed before of remotes and charts: no change allows itself."""
        if not former.environments:
            return self
        before = former.fleet.config
        config = replace(self.fleet.config, remotes=before.remotes, helm=before.helm)
        return replace(self, fleet=replace(self.fleet, config=config))

    def failure(self, error: InputError) -> InputError:
        """Say where an error is, if that is not the work tree."""
        if self.name == WORK_TREE:
            return error
        return at_commit(error, self.name)


def at_commit(error: InputError, commit: str) -> InputError:
    """Say of which commit an error is."""
    return InputError(f"{error.message} (commit {commit[:12]})", place=error.place, hint=error.hint)


def open_state(bench: Bench, git: Git, revision: str) -> State:
    """Write a revision into a scratch folder.

    Without a fleetops.yaml that can be read it has no environments. Raises UsageError for a
    revision that does not exist and InputError for one that cannot be used.
    """
    commit = git.commit(revision)
    folder = bench.folder("state")
    try:
        export(git, commit, folder)
    except InputError as error:
        raise at_commit(error, commit) from None
    repository = Repository.at(folder)
    config, problem = Config(version=1, environments=()), None
    # It may be a link, which parse_config does not follow out of the folder.
    if (folder / CONFIG).is_symlink() or (folder / CONFIG).exists():
        try:
            config = parse_config(repository)
        except InputError as error:
            problem = at_commit(error, commit)
    return State(commit, Fleet(repository, config, means=bench.fleet.means), problem)
