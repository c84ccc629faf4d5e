"""To describe a repository to fleetops, and what fleetops says in return."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleetops.cli import completion
from fleetops.cli.options import command, completed, environment, given, output
from fleetops.errors import UsageError

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
        " a command prints with --output json. With crds, print the definitions of the custom"
        " resources that a cluster has, for a file that fleetops.yaml names under schemas."
    )
    name = schema.add_argument(
        "name", metavar="NAME", help="config, release, a command's name, or crds"
    )
    completed(name, completion.schemas)
    given(schema, "with crds: a kubeconfig; if it is not given, the one that kubectl uses")


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


def _schema(session: Session, arguments: argparse.Namespace) -> int:
    if arguments.name == "crds":
        from fleetops.api.cluster_definitions import cluster_definitions
        from fleetops.api.view import Target

        target = Target(arguments.kubeconfig, arguments.context)
        found = cluster_definitions(session.directory, target, session.narrate)
        sys.stdout.write(f"{found}\n")
        return 0
    if arguments.kubeconfig or arguments.context:
        raise UsageError("--kubeconfig and --context go with crds")
    import json

    from fleetops.api.schemas import schema

    sys.stdout.write(f"{json.dumps(schema(arguments.name), indent=2)}\n")
    return 0
