"""What is made of a real definition when it is met is what the package has of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import fleetops
from fleetops.definitions import definitions, essence, read_kinds
from fleetops.schema import metadata
from gitops.programs import module_folder, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.strict import Kind

CUSTOM = Path(fleetops.__file__).parent / "schemas" / "custom"
MODULES = ("github.com/argoproj/argo-cd/v3", "github.com/fluxcd/kustomize-controller")


def kinds(module: str, scratch: Path) -> Iterator[Kind]:
    folder = module_folder(module, scratch, print) / source(module)["crds"]
    for file in sorted(folder.glob("*.yaml")):
        for value, place in definitions(file.read_text(), file.name):
            found = list(read_kinds(value, metadata(), place))
            assert found == list(read_kinds(essence(value), metadata(), place))
            yield from found


@pytest.mark.parametrize("module", MODULES)
def test_a_definition_of_a_controller_becomes_the_schema_in_the_package(
    module: str, tmp_path: Path
) -> None:
    found = list(kinds(module, tmp_path))
    assert found
    for kind in found:
        assert kind.schema == msgspec.json.decode((CUSTOM / kind.path).read_bytes())
