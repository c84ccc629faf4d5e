"""The command line: its words, and the commands behind them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fleetops import __version__
from fleetops.cli import (
    clusters,
    completion,
    describing,
    machine,
    promotions,
    reports,
    running,
    validation,
)
from fleetops.cli.options import Once
from fleetops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.cli.options import Command
    from fleetops.cli.session import Session

GROUPS = (
    (("promote", "rollback"), promotions.add),
    (("rehearse",), clusters.add_rehearse),
    (("validate", "merge", "diff"), validation.add),
    (("report",), reports.add),
    (("status", "wait", "history", "releases"), running.add),
    (("capture", "init", "explain", "schema"), describing.add),
    (("cluster",), clusters.add),
    (("doctor", "tools", "completion"), machine.add),
)
"""The commands, and what describes them."""


def run(session: Session, words: list[str]) -> int:
    """Run the command that the words ask for, and give the exit code."""
    parser = build_parser(words)
    completion.offer(parser)
    if not words:
        # A script whose variable is empty shall not take this for success.
        parser.print_help(sys.stderr)
        return UsageError.exit_code
    arguments = parser.parse_args(words)
    session.directory = arguments.directory
    session.output = getattr(arguments, "output", "text")
    command: Command = arguments.command
    try:
        return command(session, arguments)
    finally:
        session.erase()


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Describe the command line, of which no more is needed than what the words ask for."""
    parser = argparse.ArgumentParser(
        prog="fleetops",
        description="Promote a release through Kustomize overlays, and prove what that changes.",
        epilog="exit codes: 0 fine, 1 findings or refused, 2 usage, 3 a program is missing,"
        " 70 a mistake in fleetops, 130 interrupted",
        allow_abbrev=False,
    )
    parser.register("action", None, Once)
    parser.add_argument("--version", action="version", version=f"fleetops {__version__}")
    parser.add_argument(
        *("-C", "--directory"),
        type=Path,
        default=Path(),
        metavar="DIR",
        help="work as if started in this folder",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    asked = _command(words)
    groups = [(names, add) for names, add in GROUPS if asked in names] or GROUPS
    for _, add in groups:
        add(commands)
    return parser


def _command(words: Sequence[str]) -> str | None:
    """Give the first word that is neither an option nor the folder that one of them takes.

    Nothing where something else is asked for before, help say.
    """
    taken = False
    for word in words:
        if not taken and word.startswith("-") and not word.startswith(("-C", "--directory")):
            return None
        if not taken and not word.startswith("-"):
            return word
        taken = not taken and word in {"-C", "--directory"}
    return None
