"""The verdict of a real API server on every document: of environments, or of any files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.manifest_files import manifest_files
from fleetops.api.results.findings import Finding
from fleetops.api.results.validation import Validation
from fleetops.api.stand import stand
from fleetops.checks import API_SERVER, API_SERVER_WARNING, UNRENDERABLE
from fleetops.errors import InputError, Place, UsageError
from fleetops.files import Repository
from fleetops.goyaml import NodePath
from fleetops.manifests import parse, places
from fleetops.rehearsal import footprint, note, prepare, try_units, unit
from fleetops.rehearsal.words import field_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fleetops.api.stand import Where
    from fleetops.checks import Check
    from fleetops.manifests import Manifest
    from fleetops.rehearsal import Verdict

Find = Callable[[int, NodePath], Place]
"""Gives the place of a field of the manifest at a position."""

_PARTS = 10
"""In how many parts the progress is told."""
_SECONDS = 3600.0
"""The longest time that documents are tried."""


class Specimen(Struct, frozen=True):
    """Manifests that are in a cluster at the same time."""

    environment: str
    """The environment, or the file, that they are of."""
    manifests: tuple[Manifest, ...]
    find: Find


def try_files(
    directory: Path, entries: Sequence[str], where: Where, narrate: Callable[[str], None]
) -> Validation:
    """Try the files, and those in the folders, that are named, each by itself.

    Raises UsageError where there is none, and as `try_on_cluster` does.
    """
    specimens, findings = [], []
    for root, path, shown in _named(directory, entries):
        try:
            text = root.read_text(path)
            manifests = parse(text, path)
        except InputError as error:
            findings.append(_unreadable(shown, error))
        else:
            specimens.append(Specimen(shown, manifests, _finder(text, path, shown)))
    findings += try_on_cluster(directory, specimens, (), where, narrate)
    return Validation(
        ok=not any(one.severity == "error" for one in findings),
        environments=tuple(entries),
        manifests=sum(len(one.manifests) for one in specimens),
        findings=tuple(findings),
    )


def try_on_cluster(
    directory: Path,
    specimens: Sequence[Specimen],
    prerequisites: Sequence[Manifest],
    where: Where,
    narrate: Callable[[str], None],
) -> Iterator[Finding]:
    """Create and remove every document on a cluster, and give what its API server says.

    Raises InputError for a prerequisite that it refuses, and as `stand` does.
    """
    units = [unit(one.manifests) for one in specimens]

    def progress(done: int) -> None:
        if len(units) >= _PARTS and done and done % (len(units) // _PARTS) == 0:
            narrate(f"tried on the cluster: {done} of {len(units)}")

    with stand(directory, where, narrate) as found:
        if found.stand.shared:
            note(found.stand, [*prerequisites, *footprint(found.stand, units)])
        prepare(found.stand, prerequisites)
        verdicts = try_units(found.stand, units, progress)
        for specimen, given in zip(specimens, verdicts, strict=True):
            yield from sorted(_findings(specimen, given), key=lambda one: (one.file, one.line or 0))


def _findings(specimen: Specimen, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    for verdict in verdicts:
        said: list[tuple[Check, str, tuple[str, ...]]] = [
            (API_SERVER_WARNING, warning, ()) for warning in verdict.warnings
        ]
        if verdict.refused:
            said.append((API_SERVER, verdict.message, verdict.fields))
        for check, message, fields in said:
            path = field_path(fields, message)
            place = specimen.find(verdict.position, path)
            yield Finding(
                check=check.id,
                severity=check.severity.value,
                environment=specimen.environment,
                message=message,
                resource=str(specimen.manifests[verdict.position].reference),
                path=".".join(map(str, path)),
                file=place.path,
                line=place.line,
            )


def _named(directory: Path, entries: Sequence[str]) -> Iterator[tuple[Repository, str, str]]:
    """Give each file: the folder that must not be left, its path in that, and how it is called."""
    for entry in entries:
        path = directory / entry
        if not path.exists():
            raise UsageError(f"{entry} is neither a file nor a folder")
        if path.is_dir():
            root = Repository.at(path)
            for name in manifest_files(root, ".", Place(entry)):
                yield root, name, f"{entry.rstrip('/')}/{name}"
        else:
            yield Repository.at(path.parent), path.name, entry


def _finder(text: str, path: str, shown: str) -> Find:
    def find(position: int, at: NodePath) -> Place:
        document, start = places(text, path)[position]
        return Place(shown, document.line_of((*start, *at)))

    return find


def _unreadable(shown: str, error: InputError) -> Finding:
    return Finding(
        check=UNRENDERABLE.id,
        severity=UNRENDERABLE.severity.value,
        environment=shown,
        message=error.message,
        file=shown,
        line=error.place.line if error.place else None,
    )
