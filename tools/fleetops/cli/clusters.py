"""A throwaway Kubernetes, and the rehearsal of a promotion on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleetops.cli import completion
from fleetops.cli.options import (
    ALLOWED,
    command,
    completed,
    environment,
    given,
    output,
    release,
    seconds,
)
from fleetops.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from fleetops.cli.options import (
        Commands,
    )
    from fleetops.cli.session import Session


def add_rehearse(commands: Commands) -> None:
    """Describe rehearse."""
    _describe_rehearse(
        command(commands, "rehearse", _rehearse, "try a promotion on a real Kubernetes")
    )


def add(commands: Commands) -> None:
    """Describe cluster."""
    _describe_cluster(
        command(commands, "cluster", _cluster_status, "a throwaway Kubernetes on this machine")
    )


def _describe_rehearse(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Try a promotion on a throwaway Kubernetes: first the environment as it is, then as the"
        " promotion would make it, applied and pruned as a GitOps controller does it. Nothing of"
        " the repository is written. No container runs, so the images themselves are not tested."
    )
    release(parser)
    environment(parser, required=True, help="the environment")
    parser.add_argument(
        "--from", dest="start", metavar="REF", help="begin with the environment as it is at REF"
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=120.0,
        metavar="S",
        help="seconds that each of the two rollouts may take (default: 120)",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="use the cluster named rehearsal, started unless it is up, and leave it as it is then",
    )
    given(parser, ALLOWED)
    output(parser)


def _describe_cluster(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "A throwaway Kubernetes on this machine: a real control plane that listens on 127.0.0.1"
        " only, with kwok in the kubelet's place, so that no container runs."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    start = command(commands, "up", _cluster_up, "start it unless it is up; it lives until down")
    _name(start)
    start.add_argument(
        "--timeout",
        type=seconds,
        default=120.0,
        metavar="S",
        help="seconds until it has to be ready (default: 120)",
    )
    output(start)

    end = command(commands, "down", _cluster_down, "end it, with all that is in it")
    which = end.add_mutually_exclusive_group()
    _name(which)
    which.add_argument("--all", action="store_true", help="every one")
    output(end)

    output(command(commands, "status", _cluster_status, "tell which there are"))
    _name(command(commands, "kubeconfig", _cluster_kubeconfig, "print the path of its kubeconfig"))


def _name(parser: argparse._ActionsContainer) -> None:
    action = parser.add_argument(
        "--name", default="default", metavar="NAME", help="which one (default: default)"
    )
    completed(action, completion.clusters)


def _rehearse(session: Session, arguments: argparse.Namespace) -> int:
    if arguments.context and not arguments.kubeconfig:
        raise UsageError("--context goes with --kubeconfig")
    from fleetops.api.rehearse import Request, rehearse
    from fleetops.api.stand import Where

    fleet = session.fleet()
    request = Request(
        fleet.release(arguments.release),
        fleet.config.environment(arguments.env),
        arguments.start,
        Where(arguments.keep, arguments.kubeconfig, arguments.context),
        arguments.timeout,
    )
    result = rehearse(fleet, request, session.narrate)
    session.print(result)
    return 0 if result.ok else 1


def _cluster_up(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.cluster import up

    session.print(up(session.directory, arguments.name, arguments.timeout, session.narrate))
    return 0


def _cluster_down(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.cluster import down

    session.print(down(session.directory, None if arguments.all else arguments.name))
    return 0


def _cluster_status(session: Session, _arguments: argparse.Namespace) -> int:
    from fleetops.api.cluster import status

    result = status(session.directory)
    session.print(result)
    return 0


def _cluster_kubeconfig(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.cluster import kubeconfig

    sys.stdout.write(f"{kubeconfig(session.directory, arguments.name)}\n")
    return 0
