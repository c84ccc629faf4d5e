"""The programs of this machine, and its shell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleetops.cli import completion
from fleetops.cli.options import command, output

if TYPE_CHECKING:
    import argparse

    from fleetops.cli.options import Commands
    from fleetops.cli.session import Session


def add(commands: Commands) -> None:
    """Describe doctor, tools and completion."""
    output(command(commands, "doctor", _doctor, "tell which programs are there or missing"))
    tools = command(commands, "tools", _install, "the external programs")
    install = tools.add_subparsers(title="commands", metavar="COMMAND", required=True)
    ahead = command(install, "install", _install, "build what is missing, ahead of its first use")
    ahead.add_argument("--helm", action="store_true", help="also what renders Helm charts")
    ahead.add_argument("--cluster", action="store_true", help="also what fleetops cluster needs")

    shell = command(commands, "completion", _completion, "print the completion of a shell")
    shell.description = (
        "Print what a shell has to evaluate so that it completes commands, options, releases and"
        " environments."
    )
    shell.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")


def _doctor(session: Session, _arguments: argparse.Namespace) -> int:
    from fleetops.api.doctor import doctor
    from fleetops.errors import ProgramError

    result = doctor(session.directory)
    session.print(result)
    return 0 if result.ok else ProgramError.exit_code


def _install(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.doctor import install

    asked = {"helm": arguments.helm, "cluster": arguments.cluster}
    for path in install(session.directory, session.narrate, **asked):
        sys.stdout.write(f"{path}\n")
    return 0


def _completion(_session: Session, arguments: argparse.Namespace) -> int:
    sys.stdout.write(completion.script(arguments.shell))
    return 0
