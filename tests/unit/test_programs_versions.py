from __future__ import annotations

import pytest

from fleetops.programs.versions import Range, Version, parse_version


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("v5.8.2\n", Version(5, 8, 2)),
        (
            "{Version:kustomize/v4.5.7 GitCommit:56d82a8378df}",
            Version(4, 5, 7),
        ),
        ("go version go1.26.8 linux/amd64", Version(1, 26, 8)),
        ("go version go1.27rc1 darwin/arm64", Version(1, 27, 0)),
        ("git version 2.39.5 (Apple Git-154)", Version(2, 39, 5)),
        ("1.7.12\ninstalled by building from source\n", Version(1, 7, 12)),
        ("v5.8.2-0.20260101000000-0123456789ab", Version(5, 8, 2)),
    ],
)
def test_reads_the_forms_that_programs_print(printed: str, version: Version) -> None:
    assert parse_version(printed) == version


@pytest.mark.parametrize("printed", ["", "development", "(devel)", "unknown", "v5", "5,8,2"])
def test_what_says_no_version_has_none(printed: str) -> None:
    assert parse_version(printed) is None


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        (Version(5, 6, 9), False),
        (Version(5, 7, 0), True),
        (Version(5, 10, 0), True),
        (Version(6, 0, 0), False),
    ],
)
def test_a_range_holds_its_start_and_not_its_end(version: Version, *, supported: bool) -> None:
    assert (version in Range(Version(5, 7), Version(6, 0))) is supported


def test_a_range_without_an_end_holds_everything_later() -> None:
    assert Version(99, 0) in Range(Version(1, 26))


def test_a_range_reads_as_a_requirement() -> None:
    assert str(Range(Version(5, 7), Version(6, 0))) == ">=5.7.0,<6.0.0"
    assert str(Range(Version(1, 26))) == ">=1.26.0"
