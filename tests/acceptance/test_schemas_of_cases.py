"""What the schemas cannot see: no case that the API server refuses has a mistake for kubeconform.

A resource of a kind that its own file defines is left out, for there is no schema of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetcopy import ROOT
from fleetops.manifests import parse
from fleetops.programs import KUBECONFORM, ensure
from fleetops.schema import Conformance, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from fleetops.manifests import Manifest

pytestmark = pytest.mark.acceptance

FOLDER = ROOT / "tests/cases/api-server"
MINOR = "1.37"


def kind_of(manifest: Manifest) -> tuple[str, str]:
    return manifest.reference.group, manifest.reference.kind


def defined(manifests: tuple[Manifest, ...]) -> set[tuple[str, str]]:
    """Give group and kind of the custom resources that are defined there."""
    return {
        (one.get("spec", "group"), one.get("spec", "names", "kind"))
        for one in manifests
        if one.reference.kind == "CustomResourceDefinition"
    }


def subjects() -> list[Subject]:
    found = []
    for path in sorted(FOLDER.glob("*/*.yaml")):
        text = path.read_text()
        name = f"{path.parent.name}-{path.stem}"
        found.append(Subject(name, (MINOR,), text, parse(text, path.name)))
    return found


@pytest.mark.usefixtures("programs")
def test_kubeconform_passes_every_case(tmp_path: Path) -> None:
    cases = subjects()
    kubeconform = ensure(KUBECONFORM, ROOT, lambda _: None)
    with Conformance(cases, kubeconform, tmp_path, []) as conformance:
        misfits = [
            (cases[one.subject].name, one.path, one.message)
            for one in conformance.misfits()
            if one.known
            or kind_of(cases[one.subject].manifests[one.position])
            not in defined(cases[one.subject].manifests)
        ]
    assert misfits == []
