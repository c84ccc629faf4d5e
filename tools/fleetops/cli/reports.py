"""What runs, what is wrong and what changes, in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.cli.options import command, environments, output

if TYPE_CHECKING:
    import argparse

    from fleetops.cli.options import Commands
    from fleetops.cli.session import Session


def add(commands: Commands) -> None:
    """Describe report."""
    report = command(
        commands, "report", _report, "tell what runs, what is wrong and what changes, in one"
    )
    report.description = (
        "Tell what each environment runs, what is wrong with what a controller would apply and,"
        " with --from, what changes, all in one. With --output html it is a page of one file that"
        " loads nothing from anywhere: fleetops report -o html > report.html"
    )
    environments(report)
    report.add_argument(
        "--from",
        dest="start",
        metavar="REF",
        help="also what changes from REF and is in danger of that; what is wrong, then, is of what"
        " the change reaches, and what REF says decides",
    )
    output(report, "html")


def _report(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.overview import report

    session.print(report(session.fleet(), arguments.env, arguments.start, session.narrate))
    return 0
