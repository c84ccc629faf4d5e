"""The words of the command line, its help, and what a shell offers."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT
from fleetops import __version__
from fleetops.api.explain import PAGES
from fleetops.cli.app import GROUPS, build_parser
from fleetops.cli.options import Once

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

COMMANDS = (
    ("promote",), ("validate",), ("status",), ("wait",), ("releases",), ("explain",), ("schema",),
    ("doctor",), ("tools",), ("tools", "install"), ("completion",),
)  # fmt: skip


def offered(fleet: FleetCopy, line: str, **environment: str) -> list[str]:
    """Ask as argcomplete's shell functions do: the answer comes on descriptor 8."""
    done = subprocess.run(  # noqa: S602
        f"{sys.executable} -m fleetops 8>&1 9>&2 >/dev/null",
        shell=True,
        cwd=fleet.root,
        env=ENVIRONMENT
        | {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
        }
        | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split("\n") if done.stdout else []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fleetops promote ", ["release1", "release2", "release3", "--help", "--env"]),
        ("fleetops promote rel", ["release1", "release2", "release3"]),
        ("fleetops promote release3 --env ", ["local", "aws"]),
        ("fleetops promote --env l", ["local"]),
        ("fleetops validate -e a", ["aws"]),
        ("fleetops explain service-s", ["service-selects-nothing"]),
        ("fleetops schema pr", ["promote"]),
        ("fleetops pro", ["promote"]),
        ("fleetops completion z", ["zsh"]),
        ("fleetops -C overlays/aws promote release3 -e l", ["local"]),
        # Where there is no repository, or a broken one, there is nothing to offer.
        ("fleetops -C / promote rel", []),
        ("fleetops -C none promote rel", []),
    ],
)
def test_a_shell_is_offered(line: str, words: list[str], fleet: FleetCopy) -> None:
    assert set(words) <= set(offered(fleet, line))
    if line[-1] != " ":
        assert len(offered(fleet, line)) == len(words)


@pytest.mark.parametrize("file", ["fleetops.yaml", "releases/release2.yaml"])
def test_a_shell_is_offered_nothing_by_a_broken_file(file: str, fleet: FleetCopy) -> None:
    fleet.write(file, "a: [\n")
    assert offered(fleet, "fleetops promote rel") == []


def test_bash_completes_with_what_is_printed_for_it(fleet: FleetCopy) -> None:
    script = """
eval "$(fleetops completion bash)"
COMP_LINE="fleetops promote release3 --env " COMP_POINT=${#COMP_LINE} COMP_TYPE=9
COMP_WORDS=(fleetops promote release3 --env "") COMP_CWORD=4
_python_argcomplete fleetops "" --env
printf '%s\\n' "${COMPREPLY[@]}"
"""
    path = f"{Path(sys.executable).parent}{os.pathsep}{ENVIRONMENT['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607
        cwd=fleet.root,
        env=ENVIRONMENT | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [word.strip() for word in done.stdout.split()] == ["local", "aws"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for(shell: str, fleet: FleetCopy) -> None:
    done = fleet.run("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "fleetops" in done.out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], fleet: FleetCopy) -> None:
    done = fleet.run(*command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: fleetops {' '.join(command)} ")
    assert "\x1b" not in done.out


@pytest.mark.parametrize("before", [(), ("-C", "status"), ("-Cstatus",), ("--directory=status",)])
def test_a_command_is_described_alone_as_among_all(before: tuple[str, ...]) -> None:
    everything = commands(build_parser())
    assert sorted(everything) == sorted(name for names, _ in GROUPS for name in names)
    for name, parser in everything.items():
        alone = commands(build_parser((*before, name)))
        assert alone[name].format_help() == parser.format_help()
        assert len(alone) < len(everything)


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


def test_the_help_names_every_command_and_exit_code(fleet: FleetCopy) -> None:
    help_text = " ".join(fleet.run("--help").out.split())
    for command in COMMANDS:
        assert command[0] in help_text
    for code in "0 fine", "1 findings or refused", "2 usage", "3 a program", "70 a", "130 inter":
        assert code in help_text


def test_it_says_its_version(fleet: FleetCopy) -> None:
    assert fleet.run("--version").out == f"fleetops {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-C", "."), "the following arguments are required: COMMAND"),
        (("promot",), "invalid choice: 'promot'"),
        (("validate", "--output", "yaml"), "invalid choice: 'yaml'"),
        (
            ("explain", "floating-tags"),
            "unknown check 'floating-tags' (did you mean floating-tag?)",
        ),
        (("schema", "promotion"), "unknown schema 'promotion' (did you mean promote?)"),
        (("-C", "/", "status"), "neither / nor a folder above it has a fleetops.yaml"),
        (("-C", "none", "validate"), "none is not a folder"),
        (("-C", "fleetops.yaml", "validate"), "fleetops.yaml is not a folder"),
    ],
)
def test_a_mistake_in_usage_exits_2(words: tuple[str, ...], said: str, fleet: FleetCopy) -> None:
    done = fleet.run(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("rollback", "-e", "local", "-e", "aws"), "-e/--env"),
        (("rollback", "-e", "aws", "--to", "release1", "--to=release2"), "--to"),
        (("history", "--env", "local", "-eaws"), "-e/--env"),
        (("capture", "release9", "-e", "local", "--env", "local"), "-e/--env"),
        (("validate", "--from", "HEAD~1", "--from", "HEAD"), "--from"),
        (("promote", "release3", "-e", "aws", "--branch", "one", "--branch"), "--branch"),
        (("cluster", "up", "--name", "one", "--name", "two"), "--name"),
        (("-C", "overlays", "-C", ".", "status"), "-C/--directory"),
        (("-C", ".", "status", "-o", "json", "-o", "text"), "-o/--output"),
    ],
)
def test_a_second_value_never_replaces_the_first(
    words: tuple[str, ...], option: str, fleet: FleetCopy
) -> None:
    done = fleet.run(*words)
    assert (done.code, done.out) == (2, "")
    said = f"argument {option}: it is given once here; call fleetops for each\n"
    assert done.err.endswith(said)


def test_every_option_with_a_value_takes_it_once_or_says_that_it_may_be_given_again() -> None:
    parsers = [build_parser()]
    for parser in parsers:
        parsers += commands(parser).values() if parser._subparsers else ()
        for action in parser._actions:
            if action.option_strings and action.nargs != 0:
                assert isinstance(action, Once | argparse._AppendAction), action


def test_every_check_and_rule_has_a_page(fleet: FleetCopy) -> None:
    listed = fleet.run("explain").out.splitlines()
    assert [line.split()[0] for line in listed] == list(PAGES)
    for name, check in PAGES.items():
        title, blank, *text = check.page.splitlines()
        assert (title[-1], blank) == (".", "")
        assert text
        assert name == name.lower()
    assert fleet.run("explain", "claim-removed").out.startswith("claim-removed (refuse): ")
    page = fleet.run("explain", "floating-tag").out
    assert page.startswith("floating-tag (error): ")
