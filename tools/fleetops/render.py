"""Render overlays with kustomize: side by side, each within a time and a size limit."""

from __future__ import annotations

import os
import re
from collections import deque
from typing import TYPE_CHECKING, Any, Self

import msgspec
from msgspec import Struct

from fleetops import goyaml
from fleetops.errors import ExceededError, FleetopsError, InputError, Place
from fleetops.kustomization.fields import GENERATED
from fleetops.manifests import mappings, parse
from fleetops.programs import Batch, Command, brief_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
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


class Kustomize(Struct, frozen=True):
    """The kustomize to render with."""

    program: Path
    scratch: Path
    """An empty folder, for whatever it may leave at home."""

    def start(self, overlays: Iterable[tuple[Repository, Closure] | FleetopsError]) -> Rendering:
        """Render overlays side by side, within the `with` block that the result is for.

        An error stands for an overlay that is not there to be rendered.
        """
        return Rendering(overlays, self._command)

    def _command(self, repository: Repository, closure: Closure) -> Command:
        return Command(
            (str(self.program), "build", "--", closure.overlay),
            repository.root,
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
        command: Callable[[Repository, Closure], Command],
    ) -> None:
        self._overlays = overlays
        self._command = command
        self._taken: deque[tuple[Repository, Closure] | FleetopsError] = deque()
        # One more than there are cores: while one is read here, they are all at work.
        self._batch = Batch(self._commands(), (os.cpu_count() or 1) + 1)

    def __enter__(self) -> Self:
        self._batch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._batch.__exit__()

    def _commands(self) -> Iterator[Command]:
        for overlay in self._overlays:
            taken = overlay if isinstance(overlay, FleetopsError) else _refusal(*overlay) or overlay
            self._taken.append(taken)
            if not isinstance(taken, FleetopsError):
                yield self._command(*taken)

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
        answer: Completed | ProgramError, overlay: tuple[Repository, Closure] | FleetopsError
    ) -> Render | FleetopsError:
        if isinstance(overlay, FleetopsError):
            return overlay
        repository, closure = overlay
        if isinstance(answer, FleetopsError):
            return _exceeded(closure, answer)
        return _render(repository, closure, answer)

    def renders(self) -> list[Render]:
        """Wait for the renders; raises the error of the first overlay that has none."""
        renders = []
        for outcome in self.each():
            if isinstance(outcome, FleetopsError):
                raise outcome
            renders.append(outcome)
        return renders


def copy(
    repository: Repository, closure: Closure, target: Path, changed: Mapping[str, str]
) -> None:
    """Copy what an overlay consists of, with other content in the files of `changed`."""
    for path in (*closure.files, *(one.path for one in closure.kustomizations)):
        destination = target / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        content = changed[path].encode() if path in changed else repository.read_bytes(path)
        destination.write_bytes(content)
    for written, real in closure.links:
        link = target / written
        if not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(target / real, link.parent))


def as_kustomization(value: dict[str, Any]) -> str:
    """Write a kustomization for a scratch copy; JSON is YAML, and says exactly what is meant."""
    return msgspec.json.encode(value).decode()


def _render(repository: Repository, closure: Closure, outcome: Completed) -> Render | FleetopsError:
    try:
        if outcome.returncode != 0:
            return _diagnosis(repository, closure, outcome.stderr.decode(errors="replace"))
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


def _refusal(repository: Repository, closure: Closure) -> InputError | None:
    """Keep from kustomize what it would need all memory for: aliases of aliases of aliases."""
    for text, path in _texts(repository, closure):
        if _ANCHOR.search(text) and _ALIAS.search(text):
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


def _diagnosis(repository: Repository, closure: Closure, words: str) -> InputError:
    """Say why kustomize refuses: the broken file and line if there is one, or its own words."""
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
    words = " ".join(words.replace(f"{repository.root}/", "").split()).removeprefix("Error: ")
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
