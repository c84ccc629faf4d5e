"""The command line: its words, and the commands behind them."""

from __future__ import annotations

import argparse
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

if TYPE_CHECKING:
    from fleetops.cli.options import Command
    from fleetops.cli.session import Session


def run(session: Session, words: list[str]) -> int:
    """Run the command that the words ask for, and give the exit code."""
    parser = build_parser()
    completion.offer(parser)
    arguments = parser.parse_args(words)
    session.directory = arguments.directory
    session.output = getattr(arguments, "output", "text")
    command: Command = arguments.command
    return command(session, arguments)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="fleetops",
        description="Promote a release through Kustomize overlays, and prove what that changes.",
        epilog="exit codes: 0 fine, 1 findings or refused, 2 usage, 3 a program is missing,"
        " 70 a mistake in fleetops, 130 interrupted",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fleetops {__version__}")
    parser.add_argument(
        *("-C", "--directory"),
        type=Path,
        default=Path(),
        metavar="DIR",
        help="work as if started in this folder",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    promotions.add(commands)
    clusters.add_rehearse(commands)
    validation.add(commands)
    reports.add(commands)
    running.add(commands)
    describing.add(commands)
    clusters.add(commands)
    machine.add(commands)
    return parser
