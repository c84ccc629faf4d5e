from __future__ import annotations

import fcntl
import os
import threading
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from fleetops.errors import ProgramError
from fleetops.programs import Command, clean_environment
from fleetops.programs.once import Recipe, Ticker, make_once
from fleetops.programs.pins import Tool
from fleetops.programs.versions import Range, Version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKE = """printf '#!/bin/sh\\necho v1.2.3\\n' > "$1/thing"; chmod +x "$1/thing"; touch left"""


def shell(script: str) -> Callable[[Path, Path], Command]:
    def command(product: Path, scratch: Path) -> Command:
        arguments = ("/bin/sh", "-c", script, "sh", str(product))
        return Command(arguments, scratch, clean_environment(scratch))

    return command


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """Give a recipe that a shell cooks."""
    return Recipe(
        name="thing",
        tool=Tool("thing", ("version",), Range(Version(1, 0))),
        version=Version(1, 2, 3),
        folder=tmp_path / "cache" / "thing-v1.2.3",
        binary="thing",
        doing="building thing v1.2.3",
        seconds=7,
        command=shell(MAKE),
        hint="put thing on PATH",
    )


def kept(recipe: Recipe) -> set[str]:
    return {path.name for path in recipe.folder.parent.iterdir()}


def test_makes_it_and_says_so(recipe: Recipe) -> None:
    said: list[str] = []
    assert make_once(recipe, said.append) == recipe.folder / "thing"
    assert said == ["building thing v1.2.3, once, about 7 s", "building thing v1.2.3: done in 0 s"]
    assert [path.name for path in recipe.folder.iterdir()] == ["thing"]
    assert kept(recipe) == {"thing-v1.2.3", "thing.lock"}


def test_makes_it_once(recipe: Recipe) -> None:
    said: list[str] = []
    make_once(recipe, lambda _: None)
    assert make_once(recipe, said.append) == recipe.folder / "thing"
    assert said == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (f"{MAKE}; echo first >&2; echo no network >&2; exit 1", "failed:\n    first\n    no netw"),
        ("true", "cannot be started"),
        (MAKE.replace("v1.2.3", "v1.2.4"), "says it is version 1.2.4"),
        (MAKE.replace("v1.2.3", "(devel)"), "says it is version None"),
    ],
    ids=["it fails", "it makes nothing", "another version", "no version"],
)
def test_what_cannot_be_made_leaves_nothing(script: str, message: str, recipe: Recipe) -> None:
    with pytest.raises(ProgramError, match=message) as failed:
        make_once(replace(recipe, command=shell(script)), lambda _: None)
    assert failed.value.hint is not None
    assert kept(recipe) == {"thing.lock"}


def test_what_cannot_say_its_version_is_not_asked(recipe: Recipe) -> None:
    silent = replace(recipe.tool, version_arguments=())
    script = MAKE.replace("echo v1.2.3", "touch asked")
    made = make_once(replace(recipe, tool=silent, command=shell(script)), lambda _: None)
    assert [path.name for path in made.parent.iterdir()] == ["thing"]


def test_what_is_made_together_is_made_once(recipe: Recipe) -> None:
    both = shell(f"""{MAKE}; cp "$1/thing" "$1/other" """)
    make_once(replace(recipe, command=both), lambda _: None)
    other = replace(recipe, tool=replace(recipe.tool, name="other"), binary="other")
    assert make_once(other, pytest.fail) == recipe.folder / "other"


def test_what_a_killed_build_left_is_removed(recipe: Recipe) -> None:
    for left in ("thing-v1.2.3.part", "thing-v0.9.0.part"):
        (recipe.folder.parent / left / "scratch" / "deep").mkdir(parents=True)
    (recipe.folder.parent / "other-v1.0.0.part").mkdir()
    recipe.folder.mkdir()
    make_once(recipe, lambda _: None)
    assert kept(recipe) == {"thing-v1.2.3", "thing.lock", "other-v1.0.0.part"}


def test_a_second_waits_for_the_first_and_says_so(recipe: Recipe) -> None:
    recipe.folder.parent.mkdir()
    lock = os.open(recipe.folder.parent / "thing.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    said: list[str] = []
    waits = threading.Event()

    def narrate(line: str) -> None:
        said.append(line)
        waits.set()

    second = threading.Thread(target=make_once, args=(recipe, narrate))
    second.start()
    assert waits.wait(30)
    recipe.folder.mkdir()
    (recipe.folder / "thing").touch()
    os.close(lock)
    second.join(30)
    assert said == ["waiting for another process that is building thing v1.2.3"]


def test_a_cache_that_cannot_be_written_is_told_with_its_place(
    recipe: Recipe, tmp_path: Path
) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(ProgramError, match="cannot keep thing there") as failed:
        make_once(recipe, lambda _: None)
    assert str(failed.value.place) == str(tmp_path / "cache")
    assert failed.value.hint == (
        "set XDG_CACHE_HOME to a folder of yours that can be written, or put thing on PATH"
    )


def test_long_work_is_spoken_of_every_quarter_of_a_minute() -> None:
    said: list[str] = []
    ticker = Ticker("building thing", said.append)
    for seconds in (1.0, 14.9, 15.1, 16.0, 29.0, 30.4, 44.9):
        ticker(seconds)
    assert said == ["building thing: 15 s so far", "building thing: 30 s so far"]
