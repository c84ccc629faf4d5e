"""Render overlays with kustomize: side by side, each within a time and a size limit."""

from __future__ import annotations

import os
import re
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import ExceededError, FleetopsError, InputError, Place
from fleetops.kustomization.fields import GENERATED
from fleetops.laid_out import lay_out
from fleetops.manifests import mappings, parse
from fleetops.programs import Batch, Command, brief_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from fleetops.errors import ProgramError
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.laid_out import Layout
    from fleetops.manifests import Manifest
    from fleetops.programs import Completed

SECONDS = 60.0
"""For one overlay; the largest known ones take about five."""
MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes of one render; etcd would not hold the objects of such a one."""
MAX_MEMORY = 3 * 1024**3
"""Bytes that kustomize may take for one; thousands of objects take about 200 MiB."""

_SHORTEST_SECRET = 4
_ANCHOR = re.compile(r"(?:^|[\s\[{,:?-])&[^\s\[\]{},]")
_ALIAS = re.compile(r"(?:^|[\s\[{,:?-])\*[^\s\[\]{},]")
# What kustomize says of a broken file or folder, in the words of everything that leads there.
_IN_FILE = re.compile(
    r".*accumulating resources from '[^']*': (?P<words>.*)': must build at directory:"
    r" '(?P<path>[^']*)': file is not directory"
)
_IN_FOLDER = re.compile(r".*couldn't make target for path '(?P<path>[^']*)': (?P<words>.*)")
_MERGED = re.compile(
    r"merging from generator .*Name:\"(?P<name>[^\"]*)\".* does not exist; cannot merge or replace",
    re.DOTALL,
)


class Render(Struct, frozen=True):
    """What a controller would apply of an overlay."""

    closure: Closure
    text: str
    manifests: tuple[Manifest, ...]


class Taken(NamedTuple):
    """An overlay that is rendered."""

    repository: Repository
    closure: Closure
    layout: Layout


class Kustomize(Struct, frozen=True):
    """The kustomize to render with."""

    program: Path
    scratch: Path
    """An empty folder, for whatever it may leave at home."""
    meanwhile: Callable[[float], None] | None = None
    """Is called while it is waited for, as `Batch` does."""

    def start(self, overlays: Iterable[tuple[Repository, Closure] | FleetopsError]) -> Rendering:
        """Render overlays side by side, within the `with` block that the result is for.

        An error stands for an overlay that is not there to be rendered.
        """
        return Rendering(overlays, self)

    def taken(self, repository: Repository, closure: Closure) -> Taken | FleetopsError:
        """Lay an overlay out; an error stands for one that kustomize must not be started for."""
        try:
            refusal = _refusal(repository, closure)
            return refusal or Taken(repository, closure, lay_out(repository, closure, self.scratch))
        except InputError as error:
            return error

    def command(self, taken: Taken) -> Command:
        """Give the command that renders an overlay."""
        return Command(
            (str(self.program), "build", "--", taken.closure.overlay),
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
            return _diagnosis(taken, outcome.stderr.decode(errors="replace"))
        text = outcome.stdout.decode()
        if closure.variables is not None:
            text = closure.variables.fill(text)
        manifests = parse(text, f"the render of {closure.overlay}")
    except (FleetopsError, UnicodeDecodeError) as error:
        return error if isinstance(error, FleetopsError) else InputError("renders no UTF-8 text")
    if not manifests:
        return InputError("renders nothing", place=Place(closure.top.path))
    return Render(closure, text, manifests)


def _exceeded(closure: Closure, error: FleetopsError) -> FleetopsError:
    """Say that it is the overlay that takes too much, where it is."""
    if isinstance(error, ExceededError):
        return InputError(f"cannot be rendered: {error.message}", place=Place(closure.top.path))
    return error


def _refusal(repository: Repository, closure: Closure) -> InputError | None:
    """Keep from kustomize what it would need all memory for: aliases of aliases of aliases."""
    for text, path in _texts(repository, closure):
        if "&" in text and "*" in text and _ANCHOR.search(text) and _ALIAS.search(text):
            try:
                goyaml.read(text, path)
            except goyaml.LimitError as error:
                return error
            except InputError:
                # What else is wrong with it, kustomize says.
                continue
    return None


def _texts(repository: Repository, closure: Closure) -> Iterator[tuple[str, str]]:
    """Give what kustomize may read as YAML, and where it is written."""
    for path in closure.files:
        yield repository.read_bytes(path).decode(errors="replace"), path
    for kustomization in closure.kustomizations:
        for text in _inline(kustomization.document.value):
            yield text, kustomization.path


def _inline(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _inline(item)


def _secrets(repository: Repository, closure: Closure) -> set[str]:
    """Give what kustomize may repeat in its words, of anything that speaks of Secrets."""
    found: set[str] = set()
    for text, _ in _texts(repository, closure):
        if re.search(r"\bSecret\b", text):
            found.update(text.split())
    for kustomization in closure.kustomizations:
        for generator in kustomization.document.value.get("secretGenerator") or ():
            for word in _inline(generator):
                found.update((word, *word.split(), *word.split("=")))
            names = [str(one) for one in (*(generator.get("envs") or ()), generator.get("env"))]
            for path in closure.files:
                if path.endswith(tuple(names)):
                    found.update(repository.read_bytes(path).decode(errors="replace").split())
    return {word for word in found if len(word) >= _SHORTEST_SECRET}


def _diagnosis(taken: Taken, words: str) -> InputError:
    """Say why kustomize refuses: the broken file and line if there is one, or its own words."""
    repository, closure, layout = taken
    if known := _reworded(closure, words):
        return known
    for path in closure.files:
        if path.endswith((".yaml", ".yml", ".json")):
            try:
                goyaml.read(repository.read_text(path), path)
            except InputError as error:
                return error
    for secret in sorted(_secrets(repository, closure), key=len, reverse=True):
        words = words.replace(secret, "…")
    words = " ".join(layout.in_words_of_ours(words).split()).removeprefix("Error: ")
    path = closure.top.path
    if (found := _IN_FILE.fullmatch(words)) and found["path"] in closure.files:
        path, words = found["path"], found["words"]
    elif found := _IN_FOLDER.fullmatch(words):
        for kustomization in closure.kustomizations:
            if kustomization.folder == found["path"]:
                path, words = kustomization.path, found["words"]
    return InputError(f"kustomize cannot render it: {words}", place=Place(path))


def _reworded(closure: Closure, words: str) -> InputError | None:
    """Say better what kustomize's words do not say well: too much memory, and an empty merge."""
    if "cannot allocate memory" in words or "out of memory" in words:
        message = f"takes more than {MAX_MEMORY // 1024**3} GiB to render"
        return InputError(message, place=Place(closure.top.path))
    # These words have an address of its memory in them, and no line.
    if found := _MERGED.search(words):
        for kustomization in reversed(closure.kustomizations):
            for key in GENERATED:
                for index, item in mappings(kustomization.document.value.get(key)):
                    how = item.get("behavior")
                    if item.get("name") == found["name"] and how in {"merge", "replace"}:
                        return InputError(
                            f"there is no {found['name']} to {how}",
                            place=kustomization.place(key, index),
                            hint="a base has to generate it, with the same name and namespace",
                        )
    return None
