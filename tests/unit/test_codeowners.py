"""Which paths a CODEOWNERS file gives an owner."""

from __future__ import annotations

import time

import pytest

from fleetops.codeowners import Owners

TOP, GITLAB, GITEA = "CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS"
PATH = "overlays/aws/kustomization.yaml"


@pytest.mark.parametrize(
    ("place", "text", "covered"),
    [
        (TOP, "* @ops", True),
        (TOP, "*.yaml @ops", True),
        (TOP, "*.yml @ops", False),
        (TOP, "overlays/ @ops", True),
        (TOP, "aws/ @ops", True),
        (TOP, "/aws/ @ops", False),
        (TOP, "/overlays/aws @ops", True),
        (TOP, "/overlays/aw @ops", False),
        (TOP, "overlays/* @ops", False),
        (TOP, "/overlays/aws/* @ops", True),
        (TOP, "overlays/*/kustomization.yaml @ops", True),
        (TOP, "**/kustomization.yaml @ops", True),
        (TOP, "/**/aws/** @ops", True),
        (TOP, "/overlays/**/kustomization.yaml @ops", True),
        (TOP, "/overlays/aws/**/kustomization.yaml @ops", True),
        (TOP, "/overlays/a?s/ @ops", True),
        (TOP, "/overlays/aws/ ops@example.test", True),
        (TOP, "/overlays/aws/ @org/ops", True),
        (TOP, "/overlays/aws/ ops", False),
        (TOP, "# /overlays/aws/ @ops", False),
        (TOP, "/overlays/aws/ # @ops", False),
        (TOP, "* @ops\n/overlays/aws/", False),
        (TOP, "/overlays/aws/\n* @ops", True),
        (TOP, "* @ops\n/overlays/local/", True),
        (TOP, "* @ops\n/overlays/[aw]s/", False),
        (TOP, "/overlays/[aw]ws/ @ops", False),
        (TOP, "", False),
        (GITLAB, "/overlays/aws/ @ops", True),
        (GITLAB, "overlays/aws/ @ops", True),
        (GITLAB, "aws/ @ops", True),
        (GITLAB, "/overlays/aws @ops", False),
        (GITLAB, "kustomization.yaml @ops", True),
        (GITLAB, "[Ops] @ops\n/overlays/aws/", True),
        (GITLAB, "^[Ops][2] @ops\n/overlays/aws/", True),
        (GITLAB, "[Ops]\n/overlays/aws/", False),
        (GITLAB, "[Ops]\n* @ops\n[Docs]\n/overlays/aws/", True),
        (GITLAB, "[Ops]\n* @ops\n!/overlays/aws/", False),
        (GITLAB, "/overlays/aws/ @@maintainer", True),
        (GITEA, "overlays/aws/.* @ops", True),
        (GITEA, "overlays/aws/kustomization\\.yaml @ops", True),
        (GITEA, "overlays/aws/ @ops", False),
        (GITEA, ".* @ops\noverlays/.*", True),
        (GITEA, "overlays/(aws|local)/.* @ops", False),
        (GITEA, "!docs/.* @ops", False),
    ],
)
def test_what_is_covered(place: str, text: str, covered: bool) -> None:  # noqa: FBT001
    assert Owners(place, text).covers(PATH) is covered


@pytest.mark.parametrize("place", [TOP, GITLAB, GITEA])
@pytest.mark.parametrize("pattern", ["*a" * 500, "**/" * 500, ".*a" * 500, "(a+)+$", "?" * 4000])
def test_no_pattern_takes_long(place: str, pattern: str) -> None:
    began = time.process_time()
    assert not Owners(place, f"{pattern}b @ops\n").covers("a" * 4000)
    assert time.process_time() - began < 10
