"""Strict schemas, offline: kubeconform over what is rendered, and its count checked against ours.

kubeconform passes some input by without a word (facts measured on v0.8.0: an empty stream, a file
without a known ending, a document behind `...`), so every manifest that is not accounted for is an
error here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec
from msgspec import Struct

from fleetops.errors import FleetopsError, ProgramError
from fleetops.manifests import dig, parse
from fleetops.programs import Batch, Command, brief_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

DATA = Path(__file__).parent / "schemas"
SECONDS = 300.0
MANIFESTS_A_WORKER = 500
"""Each worker of kubeconform compiles the schemas for itself, which has to be worth it."""

_TEMPLATE = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"


class Misfit(Struct, frozen=True):
    """A manifest that does not match its schema, or has none."""

    subject: int
    """The number of its render, in the order of adding them."""
    position: int
    """Its index among the render's manifests."""
    message: str
    path: NodePath = ()
    known: bool = True
    """False where there is no schema for it."""


class _Resource(Struct):
    filename: str
    kind: str
    name: str
    version: str
    msg: str = ""


class _Summary(Struct):
    valid: int
    invalid: int
    errors: int
    skipped: int


class _Report(Struct):
    summary: _Summary
    resources: list[_Resource] = []


def metadata() -> dict[str, Any]:
    """Give the schema of the metadata of an object, as the newest minor has it."""
    path = DATA / "kubernetes" / available_minors()[-1] / "v1" / "configmap_v1.json"
    schema: dict[str, Any] = msgspec.json.decode(path.read_bytes())["properties"]["metadata"]
    return schema


def available_minors() -> tuple[str, ...]:
    """List the Kubernetes minors whose schemas are in the package."""
    names = (path.name for path in (DATA / "kubernetes").iterdir())
    return tuple(sorted(names, key=lambda name: int(name.partition(".")[2])))


class _Subject(Struct, frozen=True):
    """A render that is to be checked, as it is written down."""

    file: str
    minors: tuple[str, ...]
    keys: tuple[tuple[str, str, str], ...]
    """Kind, name and version of its manifests, which is what kubeconform tells them by."""
    folders: tuple[Path, ...]


_Run = tuple[str, tuple[Path, ...]]
"""A minor, and the folders with further schemas."""


class Conformance:
    """Renders that kubeconform checks.

    They are added first, and nothing but their text is kept, in `scratch`, an empty folder. Then
    they are checked from entering the `with` block on, by one process for each Kubernetes minor
    and set of further schemas.
    """

    def __init__(
        self,
        kubeconform: Path,
        scratch: Path,
        meanwhile: Callable[[float], None] | None = None,
    ) -> None:
        """With `meanwhile`, that is called while kubeconform is waited for, as `Batch` does."""
        self._kubeconform = kubeconform
        self._meanwhile = meanwhile
        self._scratch = scratch
        self._subjects: list[_Subject] = []

    def add(
        self,
        minors: tuple[str, ...],
        text: str,
        manifests: Sequence[Manifest],
        folders: tuple[Path, ...] = (),
    ) -> None:
        """Add a render, which the schemas of these minors must accept.

        `folders` hold the schemas of its custom resources, which come before the package's.
        """
        file = f"{len(self._subjects)}.yaml"
        (self._scratch / file).write_text(text)
        keys = tuple((one.reference.kind, one.reference.name, one.api_version) for one in manifests)
        self._subjects.append(_Subject(file, minors, keys, folders))

    def manifests(self, subject: int) -> tuple[Manifest, ...]:
        """Read the manifests of a render again."""
        file = self._subjects[subject].file
        return parse((self._scratch / file).read_text(), file)

    def __enter__(self) -> Self:
        found = {(minor, one.folders) for one in self._subjects for minor in one.minors}
        self._runs = sorted(found)
        self._batch = Batch(map(self._check, self._runs), os.cpu_count() or 1, self._meanwhile)
        self._batch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._batch.__exit__()

    def _check(self, run: _Run) -> Command:
        chosen = [subject for subject in self._subjects if _is_in(subject, run)]
        return _command(self._kubeconform, run, chosen, self._scratch)

    def misfits(self) -> list[Misfit]:
        """Wait for what does not match, in the order of the renders and their manifests.

        Raises ProgramError if kubeconform does not answer as it should.
        """
        found: set[Misfit] = set()
        for run, outcome in zip(self._runs, self._batch.each(), strict=True):
            if isinstance(outcome, FleetopsError):
                raise outcome
            try:
                report = msgspec.json.decode(outcome.stdout, type=_Report)
            except msgspec.MsgspecError:
                words = outcome.stderr.decode(errors="replace").strip()
                raise ProgramError(f"kubeconform does not answer: {words}") from None
            found.update(self._assigned(report, run))
        return sorted(
            found, key=lambda one: (one.subject, one.position, str(one.path), one.message)
        )

    def _assigned(self, report: _Report, run: _Run) -> Iterator[Misfit]:
        """Find the manifest of each complaint; kubeconform gives file, kind, version and name."""
        chosen = {one.file: (at, one) for at, one in enumerate(self._subjects) if _is_in(one, run)}
        expected = sum(len(subject.keys) for _, subject in chosen.values())
        summary = report.summary
        seen = summary.valid + summary.invalid + summary.errors
        if seen != expected or summary.skipped:
            raise ProgramError(
                f"kubeconform saw {seen} manifests of {expected}, so its verdict counts for nothing"
            )
        for resource in report.resources:
            key = (resource.kind, resource.name, resource.version)
            if resource.filename not in chosen or key not in chosen[resource.filename][1].keys:
                raise ProgramError(f"kubeconform cannot read {resource.filename}: {resource.msg}")
            index, subject = chosen[resource.filename]
            position = subject.keys.index(key)
            if "could not find schema" in resource.msg:
                message = f"no schema for {resource.version} {resource.kind} in Kubernetes {run[0]}"
                yield Misfit(index, position, message, known=False)
                continue
            errors = tuple(_errors(resource.msg, self.manifests(index)[position]))
            secret = resource.kind == "Secret"
            for path, words in errors or (((), _plain(resource.msg, secret=secret)),):
                # The controller takes out what SOPS has added when it decrypts.
                if not secret or path != ("sops",):
                    yield Misfit(index, position, words, path)


def _is_in(subject: _Subject, run: _Run) -> bool:
    return run[0] in subject.minors and run[1] == subject.folders


def _command(kubeconform: Path, run: _Run, subjects: Sequence[_Subject], scratch: Path) -> Command:
    minor, folders = run
    count = sum(len(subject.keys) for subject in subjects)
    workers = min(1 + count // MANIFESTS_A_WORKER, os.cpu_count() or 1)
    roots = (DATA / "kubernetes" / minor, *folders, DATA / "custom")
    locations = [part for root in roots for part in ("-schema-location", f"{root}/{_TEMPLATE}")]
    return Command(
        (
            *(str(kubeconform), "-strict", "-output", "json", "-summary"),
            *("-n", str(workers), *locations, "--"),
            *(subject.file for subject in subjects),
        ),
        scratch,
        brief_environment(scratch),
        SECONDS,
    )


def _errors(message: str, manifest: Manifest) -> Iterator[tuple[NodePath, str]]:
    """Take a message apart into the errors that it has, with a path each.

    kubeconform's list of errors has only their common ancestor where two or more lie below one
    node; its message has them all, as ` - at '/spec/replicas': got string, want integer`. Nothing
    is given where it is worded otherwise.
    """
    _, *parts = _ERROR.split(message)
    for pointer, words in zip(parts[::2], parts[1::2], strict=True):
        path = _path(pointer, manifest.value)
        if words.startswith("additional properties "):
            for field in _QUOTED.findall(words):
                yield (*path, field), f"the field {field} does not exist"
        elif words != "validation failed":
            yield path, _plain(words, secret=manifest.reference.kind == "Secret")


def _path(pointer: str, value: Any) -> NodePath:  # noqa: ANN401
    """Follow a JSON pointer; only the value tells an index from a key of digits."""
    path: list[str | int] = []
    for part in pointer.replace("\\'", "'").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        step = int(key) if isinstance(value, list) and key.isdecimal() else key
        path.append(step)
        value = dig(value, step)
    return tuple(path)


def _plain(words: str, *, secret: bool) -> str:
    """Say an error without what the schemas' form alone has brought in, and without secrets."""
    words = words.replace("null or ", "").replace("one of '', ", "one of ").replace(", <nil>", "")
    if found := _PATTERN.fullmatch(words):
        value, pattern = found.groups()
        words = next((said for sign, said in _PATTERNS if sign in pattern), f"is not {pattern}")
        return words if secret else f"'{value[:_SHOWN]}' {words}"
    if secret and "'" in words:
        # A value may hold quotes of its own, so all between the first and the last goes.
        words = f"{words.partition(chr(39))[0]}…{words.rpartition(chr(39))[2]}"
    return words


_SHOWN = 100
"""Characters of a value that are repeated."""
_ERROR = re.compile(r"(?<!\s)\s+- at '((?:[^'\\]|\\.)*)': ")
_QUOTED = re.compile(r"'([^']*)'")
_PATTERN = re.compile(r"'(.*)' does not match pattern '(.*)'", re.DOTALL)
_PATTERNS = (("[numkMGTPE]", "is no quantity, as in 500m or 1Gi"), ("A-Za-z0-9+/", "is not base64"))
"""Signs of the schemas' patterns, and what to say where a value does not match."""
