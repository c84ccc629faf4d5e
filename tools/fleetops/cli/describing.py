"""To describe a repository to fleetops, and what fleetops says in return."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleetops.cli import completion
from fleetops.cli.options import command, completed, environment, output

if TYPE_CHECKING:
    import argparse

    from fleetops.cli.options import Commands
    from fleetops.cli.session import Session


def add(commands: Commands) -> None:
    """Describe init, capture, explain and schema."""
    captured = command(
        commands, "capture", _capture, "write down as a release what an environment runs"
    )
    captured.add_argument("release", metavar="RELEASE", help="the name of the new release")
    environment(captured, required=True, help="the environment")
    output(captured)
    output(command(commands, "init", _init, "write a fleetops.yaml for this repository"))
    explain = command(commands, "explain", _explain, "explain a check or a danger, or list all")
    check = explain.add_argument(
        "check", metavar="ID", nargs="?", default="", help="a check or a danger rule"
    )
    completed(check, completion.checks)

    schema = command(commands, "schema", _schema, "print a JSON schema")
    schema.description = (
        "Print the JSON schema of fleetops.yaml (config), of release files (release), or of what"
        " a command prints with --output json."
    )
    name = schema.add_argument("name", metavar="NAME", help="config, release, or a command's name")
    completed(name, completion.schemas)


def _init(session: Session, _arguments: argparse.Namespace) -> int:
    from fleetops.api.init import init

    session.print(init(session.directory, session.narrate))
    return 0


def _capture(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.capture import capture

    fleet = session.fleet()
    environment = fleet.config.environment(arguments.env)
    session.print(capture(fleet, arguments.release, environment, session.narrate))
    return 0


def _explain(_session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.explain import explain

    sys.stdout.write(f"{explain(arguments.check)}\n")
    return 0


def _schema(_session: Session, arguments: argparse.Namespace) -> int:
    import json

    from fleetops.api.schemas import schema

    sys.stdout.write(f"{json.dumps(schema(arguments.name), indent=2)}\n")
    return 0
