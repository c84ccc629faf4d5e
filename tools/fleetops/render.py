"""Render overlays with kustomize: side by side, each within a time and a size limit."""

from __future__ import annotations

import os
import re
import shlex
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import ExceededError, FleetopsError, InputError, Place
from fleetops.laid_out import Taken, lay_out
from fleetops.manifests import parse
from fleetops.programs import Batch, Command, brief_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from fleetops.errors import ProgramError
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.manifests import Manifest
    from fleetops.programs import Completed

SECONDS = 60.0
"""For one overlay; the largest known ones take about five."""
MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes of one render; etcd would not hold the objects of such a one."""
MAX_MEMORY = 3 * 1024**3
"""Bytes that kustomize may take for one; thousands of objects take about 200 MiB."""

_ANCHOR = re.compile(r"(?:^|[\s\[{,:?-])&[^\s\[\]{},]")
_ALIAS = re.compile(r"(?:^|[\s\[{,:?-])\*[^\s\[\]{},]")
_QUIET = """\
#!/bin/sh
case $1 in
  template) exec {helm} "$@" --skip-schema-validation ;;
  *) exec {helm} "$@" ;;
esac
"""


class Render(Struct, frozen=True):
    """What a controller would apply of an overlay."""

    closure: Closure
    text: str
    manifests: tuple[Manifest, ...]


class Kustomize(Struct, frozen=True, dict=True):
    """The kustomize to render with."""

    program: Path
    scratch: Path
    """An empty folder, for whatever it may leave at home."""
    helm: Callable[[], Path] | None = None
    """Gives the Helm for charts; needed where they are allowed."""
    meanwhile: Callable[[float], None] | None = None
    """Is called while it is waited for, as `Batch` does."""

    def start(self, overlays: Iterable[tuple[Repository, Closure] | FleetopsError]) -> Rendering:
        """Render overlays side by side, within the `with` block that the result is for.

        An error stands for an overlay that is not there to be rendered.
        """
        return Rendering(overlays, self)

    @cached_property
    def _quiet_helm(self) -> Path:
        """A Helm that looks at no values.schema.json, which could name any file and address."""
        path = self.scratch / "helm"
        helm = shlex.quote(str(self.helm())) if self.helm else ""
        path.write_text(_QUIET.format(helm=helm))
        path.chmod(0o700)
        return path

    def taken(self, repository: Repository, closure: Closure) -> Taken | FleetopsError:
        """Lay an overlay out; an error stands for one that kustomize must not be started for."""
        try:
            refusal = self._refusal(repository, closure)
            return refusal or Taken(repository, closure, lay_out(repository, closure, self.scratch))
        except InputError as error:
            return error

    def _refusal(self, repository: Repository, closure: Closure) -> InputError | None:
        """Keep from kustomize what it would need all memory for: aliases of aliases of aliases."""
        paths = [one for one in closure.files if (repository.root, one) not in self._harmless]
        for text, path in texts(repository, closure, paths):
            if "&" in text and "*" in text and _ANCHOR.search(text) and _ALIAS.search(text):
                try:
                    goyaml.read(text, path)
                except goyaml.LimitError as error:
                    return error
                except InputError:
                    # What else is wrong with it, kustomize says.
                    continue
        self._harmless.update((repository.root, one) for one in paths)
        return None

    @cached_property
    def _harmless(self) -> set[tuple[Path, str]]:
        """The files that were looked at: those of a base are in many overlays."""
        return set()

    def command(self, taken: Taken) -> Command:
        """Give the command that renders an overlay."""
        helm: tuple[str, ...] = ()
        if taken.closure.charts and self.helm:
            helm = ("--enable-helm", "--helm-command", str(self._quiet_helm))
        return Command(
            (str(self.program), "build", *helm, "--", taken.closure.overlay),
            taken.layout.root,
            brief_environment(self.scratch),
            SECONDS,
            MAX_OUTPUT,
            MAX_MEMORY,
        )


class Rendering:
    """Overlays that are being rendered, from entering the `with` block on.

    However many there are, each is taken up only when its turn has come.
    """

    def __init__(
        self,
        overlays: Iterable[tuple[Repository, Closure] | FleetopsError],
        kustomize: Kustomize,
    ) -> None:
        self._overlays = overlays
        self._kustomize = kustomize
        self._taken: deque[Taken | FleetopsError] = deque()
        # One more than there are cores: while one is read here, they are all at work.
        workers = (os.cpu_count() or 1) + 1
        self._batch = Batch(self._commands(), workers, kustomize.meanwhile)

    def __enter__(self) -> Self:
        self._batch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._batch.__exit__()

    def _commands(self) -> Iterator[Command]:
        for overlay in self._overlays:
            taken = (
                overlay if isinstance(overlay, FleetopsError) else self._kustomize.taken(*overlay)
            )
            self._taken.append(taken)
            if isinstance(taken, Taken):
                yield self._kustomize.command(taken)

    def each(self) -> Iterator[Render | FleetopsError]:
        """Give the outcomes in the overlays' order, each as soon as it and those before are.

        An outcome is an InputError where kustomize refuses the overlay, with the line where that
        is known or it takes too much, and a ProgramError where kustomize cannot be started.
        """
        answers = self._batch.each()
        while True:
            answer = next(answers, None)
            while self._taken and isinstance(first := self._taken[0], FleetopsError):
                self._taken.popleft()
                yield first
            if answer is None:
                return
            yield self._outcome(answer, self._taken.popleft())

    @staticmethod
    def _outcome(
        answer: Completed | ProgramError, taken: Taken | FleetopsError
    ) -> Render | FleetopsError:
        if isinstance(taken, FleetopsError):
            return taken
        if isinstance(answer, FleetopsError):
            return _exceeded(taken.closure, answer)
        return _render(taken, answer)

    def renders(
        self,
        told: Callable[[Iterator[Render | FleetopsError]], Iterator[Render | FleetopsError]] = iter,
    ) -> list[Render]:
        """Wait for the renders, which pass through `told`.

        Raises the error of the first overlay that has none.
        """
        renders = []
        for outcome in told(self.each()):
            if isinstance(outcome, FleetopsError):
                raise outcome
            renders.append(outcome)
        return renders


def _render(taken: Taken, outcome: Completed) -> Render | FleetopsError:
    closure = taken.closure
    try:
        if outcome.returncode != 0:
            from fleetops.diagnosis import diagnosis

            return diagnosis(taken, outcome.stderr.decode(errors="replace"), MAX_MEMORY)
        text = outcome.stdout.decode()
        if closure.variables is not None:
            text = closure.variables.fill(text)
        manifests = parse(text, f"the render of {closure.overlay}")
    except (FleetopsError, UnicodeDecodeError) as error:
        return error if isinstance(error, FleetopsError) else InputError("renders no UTF-8 text")
    if not manifests:
        return InputError("renders nothing", place=Place(closure.top.path, 1))
    return Render(closure, text, manifests)


def _exceeded(closure: Closure, error: FleetopsError) -> FleetopsError:
    """Say that it is the overlay that takes too much, where it is."""
    if isinstance(error, ExceededError):
        return InputError(f"cannot be rendered: {error.message}", place=Place(closure.top.path))
    return error


def texts(
    repository: Repository, closure: Closure, files: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Give what kustomize may read as YAML, of these files, and where it is written."""
    for path in files:
        yield repository.read_bytes(path).decode(errors="replace"), path
    for kustomization in closure.kustomizations:
        for text in words_in(kustomization.document.value):
            yield text, kustomization.path


def words_in(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Give every word in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from words_in(item)
