"""What the schemas cannot see: no case that the API server refuses has a mistake for kubeconform.

A resource of a kind that its own file defines is left out, for there is no schema of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleetcopy import ROOT
from fleetops.manifests import parse
from fleetops.programs import KUBECONFORM, ensure
from fleetops.schema import Conformance

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


@pytest.mark.usefixtures("programs")
def test_kubeconform_passes_every_case(tmp_path: Path) -> None:
    paths = sorted(FOLDER.glob("*/*.yaml"))
    cases = [parse(path.read_text(), path.name) for path in paths]
    kubeconform = ensure(KUBECONFORM, ROOT, lambda _: None)
    conformance = Conformance(kubeconform, tmp_path)
    for path, manifests in zip(paths, cases, strict=True):
        conformance.add((MINOR,), path.read_text(), manifests)
    with conformance:
        misfits = [
            (paths[one.subject].stem, one.path, one.message)
            for one in conformance.misfits()
            if one.known
            or kind_of(cases[one.subject][one.position]) not in defined(cases[one.subject])
        ]
    assert misfits == []
