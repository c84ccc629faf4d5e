"""What kustomize says of an overlay that it refuses, in words and places of the repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleetops import goyaml
from fleetops.errors import InputError, Place
from fleetops.kustomization.fields import GENERATED
from fleetops.manifests import mappings
from fleetops.render import texts, words_in

if TYPE_CHECKING:
    from fleetops.files import Repository
    from fleetops.kustomization import Closure
    from fleetops.laid_out import Taken

_SHORTEST_SECRET = 4
# What kustomize says of a broken file or folder, in the words of everything that leads there.
_IN_FILE = re.compile(
    r".*accumulating resources from '[^']*': (?P<words>.*)': must build at directory:"
    r" '(?P<path>[^']*)': file is not directory"
)
_IN_FOLDER = re.compile(r".*couldn't make target for path '(?P<path>[^']*)': (?P<words>.*)")
_IN_CHART = re.compile(
    r"(.*?Error: )?(?P<words>.*?)( Use --debug flag to render out invalid YAML)? ?: unable to run:"
    r" '[^ ]* template (?P<release>\S+) (?P<folder>\S+) .*"
)
_MERGED = re.compile(
    r"merging from generator .*Name:\"(?P<name>[^\"]*)\".* does not exist; cannot merge or replace",
    re.DOTALL,
)


def _secrets(repository: Repository, closure: Closure) -> set[str]:
    """Give what kustomize may repeat in its words, of anything that speaks of Secrets."""
    found: set[str] = set()
    for text, _ in texts(repository, closure, closure.files):
        if re.search(r"\bSecret\b", text):
            found.update(text.split())
    for kustomization in closure.kustomizations:
        for generator in kustomization.document.value.get("secretGenerator") or ():
            for word in words_in(generator):
                found.update((word, *word.split(), *word.split("=")))
            names = [str(one) for one in (*(generator.get("envs") or ()), generator.get("env"))]
            for path in closure.files:
                if path.endswith(tuple(names)):
                    found.update(repository.read_bytes(path).decode(errors="replace").split())
    return {word for word in found if len(word) >= _SHORTEST_SECRET}


def diagnosis(taken: Taken, words: str, memory: int) -> InputError:
    """Say why kustomize, with so many bytes of memory, refuses: where that is known, at its place.

    No word of a Secret is in what is said.
    """
    repository, closure, layout = taken
    known = _reworded(closure, words, memory) or _broken(repository, closure)
    if known is not None:
        return known
    words = " ".join(layout.in_words_of_ours(words).split()).removeprefix("Error: ")
    words, place = _placed(closure, words)
    for secret in sorted(_secrets(repository, closure), key=len, reverse=True):
        words = words.replace(secret, "…")
    return InputError(f"kustomize cannot render it: {words}", place=place)


def _broken(repository: Repository, closure: Closure) -> InputError | None:
    """Find a file that is no YAML, templates of charts aside."""
    templates = tuple(f"{chart.folder}/" for chart in closure.charts)
    for path in closure.files:
        if path.endswith((".yaml", ".yml", ".json")) and not path.startswith(templates):
            try:
                goyaml.read(repository.read_text(path), path)
            except InputError as error:
                return error
    return None


def _placed(closure: Closure, words: str) -> tuple[str, Place]:
    """Give the end of what kustomize says, and where that is."""
    if found := _IN_CHART.fullmatch(words):
        for chart in closure.charts:
            if (chart.folder, chart.release) == (found["folder"], found["release"]):
                return f"Helm says: {found['words']}", chart.place
    if (found := _IN_FILE.fullmatch(words)) and found["path"] in closure.files:
        return found["words"], Place(found["path"])
    if found := _IN_FOLDER.fullmatch(words):
        for kustomization in closure.kustomizations:
            if kustomization.folder == found["path"]:
                return found["words"], Place(kustomization.path)
    return words, Place(closure.top.path)


def _reworded(closure: Closure, words: str, memory: int) -> InputError | None:
    """Say better what kustomize's words do not say well: too much memory, and an empty merge."""
    if "cannot allocate memory" in words or "out of memory" in words:
        message = f"takes more than {memory // 1024**3} GiB to render"
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
