"""The cases in tests/cases/api-server are told apart as the API server has told them apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleetops.manifests import parse

FOLDER = Path(__file__).parent.parent / "cases" / "api-server"
CASES = sorted(FOLDER.glob("*/*.yaml"))
VERDICTS: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "verdicts.json").read_text())
ENOUGH = 75


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def test_there_is_one_verdict_a_case_and_enough_of_both() -> None:
    assert [name_of(path) for path in CASES] == list(VERDICTS)
    for folder in ("accepted", "refused"):
        assert sum(path.parent.name == folder for path in CASES) >= ENOUGH


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_the_last_document_is_what_its_folder_says_and_those_before_it_are_accepted(
    path: Path,
) -> None:
    verdicts = VERDICTS[name_of(path)]
    *before, last = [one["verdict"] for one in verdicts]
    assert set(before) <= {"accepted"}
    assert last == path.parent.name
    for one in verdicts:
        assert bool(one["message"]) == (one["verdict"] == "refused")


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_the_verdicts_are_on_the_documents_that_there_are(path: Path) -> None:
    manifests = parse(path.read_text(), path.name)
    assert [(one["document"], one["resource"]) for one in VERDICTS[name_of(path)]] == [
        (index, manifest.reference.short) for index, manifest in enumerate(manifests)
    ]
    # Whoever creates it says where.
    assert not any(manifest.reference.namespace for manifest in manifests)


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_its_first_line_says_what_it_is_about(path: Path) -> None:
    assert path.read_text().startswith("# ")
