"""Errors say where, what and what to do next, and end with the exit code of their class."""

from __future__ import annotations

import pytest

from fleetops.api.results.failure import failure
from fleetops.errors import (
    FleetopsError,
    InputError,
    Place,
    ProgramError,
    RefusedError,
    UsageError,
)
from fleetops.words import count, unknown


@pytest.mark.parametrize(
    ("kind", "code"),
    [(FleetopsError, 1), (InputError, 1), (RefusedError, 1), (UsageError, 2), (ProgramError, 3)],
)
def test_the_class_decides_the_exit_code(kind: type[FleetopsError], code: int) -> None:
    assert failure(kind("is so")).exit_code == code


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("is so"), "is so"),
        (InputError("is so", place=Place("a.yaml")), "a.yaml: is so"),
        (InputError("is so", place=Place("a.yaml", 3)), "a.yaml:3: is so"),
        (InputError("is so", place=Place("a", 1), hint="change it"), "a:1: is so\n  change it"),
        (
            ProgramError("broke", log=["one", "two"], hint="mend it"),
            "broke\n    one\n    two\n  mend it",
        ),
    ],
)
def test_an_error_says_where_what_and_what_to_do(error: FleetopsError, text: str) -> None:
    assert str(error) == text


def test_places_are_ordered_by_file_and_line() -> None:
    places = [Place("b", 1), Place("a", 10), Place("a", 9)]
    assert sorted(places) == [Place("a", 9), Place("a", 10), Place("b", 1)]


LETTERS = ", ".join("abcdefghijklmnopqrst")


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("prd", ["dev", "prod"], "unknown name 'prd' (did you mean prod?)"),
        ("x", ["dev", "prod"], "unknown name 'x' (known: dev, prod)"),
        ("x", [], "unknown name 'x' (known: none)"),
        ("x", list("abcdefghijklmnopqrstu"), f"unknown name 'x' (known: {LETTERS}, u)"),
        ("x", list("abcdefghijklmnopqrstuv"), f"unknown name 'x' (known: {LETTERS}, and 2 more)"),
        ("\x1b[31m", [], r"unknown name '\x1b[31m' (known: none)"),
    ],
)
def test_an_unknown_word_gets_the_nearest_or_those_there_are(
    word: str, known: list[str], said: str
) -> None:
    assert unknown("name", word, known) == said


def test_counts_are_words() -> None:
    assert [count(number, "error") for number in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]
