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
from fleetops.manifests import dig
from fleetops.programs import Batch, Command, brief_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

DATA = Path(__file__).parent / "schemas"
SECONDS = 300.0
MANIFESTS_A_WORKER = 500
"""Each worker of kubeconform compiles the schemas for itself, which has to be worth it."""

_TEMPLATE = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"


class Subject(Struct, frozen=True):
    """A render that the schemas of some Kubernetes minors must accept."""

    name: str
    minors: tuple[str, ...]
    text: str
    manifests: tuple[Manifest, ...]


class Misfit(Struct, frozen=True):
    """A manifest that does not match its schema, or has none."""

    subject: int
    """Its index among the subjects."""
    position: int
    """Its index among the subject's manifests."""
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


def available_minors() -> tuple[str, ...]:
    """List the Kubernetes minors whose schemas are in the package."""
    names = (path.name for path in (DATA / "kubernetes").iterdir())
    return tuple(sorted(names, key=lambda name: int(name.partition(".")[2])))


class Conformance:
    """Renders that kubeconform checks, from entering the `with` block on.

    There is one process for each Kubernetes minor. `scratch` is an empty folder, `folders` hold
    further schemas.
    """

    def __init__(
        self,
        subjects: Sequence[Subject],
        kubeconform: Path,
        scratch: Path,
        folders: Sequence[Path],
    ) -> None:
        self._subjects = subjects
        self._minors = sorted({minor for subject in subjects for minor in subject.minors})
        for subject in subjects:
            (scratch / f"{subject.name}.yaml").write_text(subject.text)
        commands = []
        for minor in self._minors:
            chosen = [subject for subject in subjects if minor in subject.minors]
            commands.append(_command(kubeconform, minor, chosen, scratch, folders))
        self._batch = Batch(commands, os.cpu_count() or 1)

    def __enter__(self) -> Self:
        self._batch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._batch.__exit__()

    def misfits(self) -> list[Misfit]:
        """Wait for what does not match, in the order of the subjects and their manifests.

        Raises ProgramError if kubeconform does not answer as it should.
        """
        found: set[Misfit] = set()
        for minor, outcome in zip(self._minors, self._batch.wait(), strict=True):
            if isinstance(outcome, FleetopsError):
                raise outcome
            try:
                report = msgspec.json.decode(outcome.stdout, type=_Report)
            except msgspec.MsgspecError:
                words = outcome.stderr.decode(errors="replace").strip()
                raise ProgramError(f"kubeconform does not answer: {words}") from None
            found.update(_assigned(report, self._subjects, minor))
        return sorted(
            found, key=lambda one: (one.subject, one.position, str(one.path), one.message)
        )


def _command(
    kubeconform: Path,
    minor: str,
    subjects: Sequence[Subject],
    scratch: Path,
    folders: Sequence[Path],
) -> Command:
    count = sum(len(subject.manifests) for subject in subjects)
    workers = min(1 + count // MANIFESTS_A_WORKER, os.cpu_count() or 1)
    roots = (DATA / "kubernetes" / minor, DATA / "custom", *folders)
    locations = [part for root in roots for part in ("-schema-location", f"{root}/{_TEMPLATE}")]
    return Command(
        (
            *(str(kubeconform), "-strict", "-output", "json", "-summary"),
            *("-n", str(workers), *locations, "--"),
            *(f"{subject.name}.yaml" for subject in subjects),
        ),
        scratch,
        brief_environment(scratch),
        SECONDS,
    )


def _assigned(report: _Report, subjects: Sequence[Subject], minor: str) -> Iterator[Misfit]:
    """Find the manifest of each complaint; kubeconform gives file, kind, version and name."""
    chosen = [(index, one) for index, one in enumerate(subjects) if minor in one.minors]
    expected = sum(len(subject.manifests) for _, subject in chosen)
    summary = report.summary
    seen = summary.valid + summary.invalid + summary.errors
    if seen != expected or summary.skipped:
        raise ProgramError(
            f"kubeconform saw {seen} manifests of {expected}, so its verdict counts for nothing"
        )
    where: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    for index, subject in chosen:
        for position, manifest in enumerate(subject.manifests):
            kind, name = manifest.reference.kind, manifest.reference.name
            key = (f"{subject.name}.yaml", kind, name, manifest.api_version)
            where.setdefault(key, (index, position))
    for resource in report.resources:
        key = (resource.filename, resource.kind, resource.name, resource.version)
        if key not in where:
            raise ProgramError(f"kubeconform cannot read {resource.filename}: {resource.msg}")
        if "could not find schema" in resource.msg:
            message = f"no schema for {resource.version} {resource.kind} in Kubernetes {minor}"
            yield Misfit(*where[key], message, known=False)
        else:
            index, position = where[key]
            errors = tuple(_errors(resource.msg, subjects[index].manifests[position]))
            secret = resource.kind == "Secret"
            for path, words in errors or (((), _plain(resource.msg, secret=secret)),):
                # The controller takes out what SOPS has added when it decrypts.
                if not secret or path != ("sops",):
                    yield Misfit(index, position, words, path)


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
