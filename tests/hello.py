"""A small program: with nothing in Go's caches, building it takes seconds."""

from __future__ import annotations

from pathlib import Path

from fleetops.programs import Program
from fleetops.programs.versions import Range, Version

HELLO = Program(
    name="hello",
    version_arguments=(),
    accepted=Range(Version(0, 0), Version(1, 0)),
    folder=Path(__file__).parent / "programs" / "hello",
    package="golang.org/x/example/hello",
    seconds=5,
)
