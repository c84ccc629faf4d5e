"""A remote: what is on it now, fetched, and pushed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fleetops.errors import RefusedError, UsageError
from fleetops.git.program import said

if TYPE_CHECKING:
    from fleetops.git.program import Git


_TRIES: Final = 5


class Remote(Struct, frozen=True):
    """A remote of a repository, by its name."""

    git: Git
    name: str

    def branch(self) -> str:
        """Give the branch that what is checked out follows there, or else the remote's own choice.

        Raises UsageError where there is neither.
        """
        here = _answer(self.git, "symbolic-ref", "--quiet", "--short", "HEAD")
        if here and _answer(self.git, "config", "--get", f"branch.{here}.remote") == self.name:
            followed = _answer(self.git, "config", "--get", f"branch.{here}.merge")
            return followed.removeprefix("refs/heads/")
        listed = self.git.change("ls-remote", "--symref", "--", self.name, "HEAD")
        for line in listed.decode(errors="replace").splitlines():
            if line.startswith("ref: refs/heads/"):
                return line.removeprefix("ref: refs/heads/").partition("\t")[0]
        raise UsageError(f"{self.name} has no branch to begin with", hint="push one first")

    def tip(self, branch: str) -> str | None:
        """Give the commit that a branch of the remote is at, there to be read; None without one.

        Raises RefusedError where it moves each time before it can be fetched.
        """
        reference = f"refs/heads/{branch}"
        for _ in range(_TRIES):
            commit = self._listed(reference)
            if commit is None or self._fetched(commit, reference):
                return commit
        raise RefusedError(f"{branch} of {self.name} does not stay where it is", hint="try again")

    def require_tip(self, branch: str) -> str:
        """Give the commit that a branch of the remote is at; UsageError where there is none."""
        tip = self.tip(branch)
        if tip is None:
            raise UsageError(f"{self.name} has no branch {branch}")
        return tip

    def url(self) -> str:
        """Give where it is, as git is set to find it."""
        return _answer(self.git, "remote", "get-url", "--", self.name)

    def push(self, commit: str, branch: str, tip: str | None) -> str | None:
        """Push a commit to a branch that is at `tip`; give the remote's words where it refuses."""
        reference = f"refs/heads/{branch}"
        completed = self.git.attempt(
            *("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"),
            f"--force-with-lease={reference}:{tip or ''}",
            *("--", self.name, f"{commit}:{reference}"),
        )
        if not completed.returncode:
            return None
        return f"{completed.stdout.decode(errors='replace').strip()}\n{said(completed)}".strip()

    def _listed(self, reference: str) -> str | None:
        listed = self.git.change("ls-remote", "--", self.name, reference).decode(errors="replace")
        lines = (line.partition("\t") for line in listed.splitlines())
        return next((commit for commit, _, name in lines if name == reference), None)

    def _fetched(self, commit: str, reference: str) -> bool:
        """Have a commit here; False where the reference no longer leads to it."""
        if not self.git.ask("cat-file", "-e", f"{commit}^{{tree}}").returncode:
            return True
        self.git.change(
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
            *("--recurse-submodules=no", "--", self.name, reference),
        )
        return not self.git.ask("cat-file", "-e", f"{commit}^{{tree}}").returncode


def find_remote(git: Git, asked: str | None) -> Remote:
    """Give the remote of that name, or of the branch that is checked out, or origin.

    Raises UsageError where there is no such remote.
    """
    here = _answer(git, "symbolic-ref", "--quiet", "--short", "HEAD")
    followed = _answer(git, "config", "--get", f"branch.{here}.remote") if here else ""
    name = asked or followed or "origin"
    known = git.read("remote").decode(errors="replace").split()
    if name not in known:
        # An address may hold a secret.
        which = "of that address" if "@" in name else repr(name)
        raise UsageError(
            f"there is no remote {which}", hint=f"known are: {', '.join(known) or 'none'}"
        )
    return Remote(git, name)


def _answer(git: Git, *question: str) -> str:
    return git.attempt(*question).stdout.decode(errors="replace").strip()
