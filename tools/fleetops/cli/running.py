"""What runs where, what ran when, and waiting for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.cli import completion
from fleetops.cli.options import (
    command,
    completed,
    environment,
    environments,
    given,
    number,
    output,
    seconds,
)
from fleetops.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from fleetops.cli.options import (
        Commands,
    )
    from fleetops.cli.session import Session


def add(commands: Commands) -> None:
    """Describe status, wait, history and releases."""
    _describe_status(command(commands, "status", _status, "tell what each environment runs"))
    _describe_wait(
        command(commands, "wait", _wait, "wait until an environment runs a release in its cluster")
    )
    history = command(commands, "history", _history, "tell what an environment ran when, from Git")
    history.description = (
        "Tell which release an environment ran when, by whom and with which pull request, from Git"
        " alone: also what was edited by hand, and what was taken back."
    )
    environment(history, required=True, help="the environment")
    history.add_argument(
        "--limit",
        type=number,
        default=20,
        metavar="N",
        help="how many entries at most, the newest first (default: 20)",
    )
    output(history)
    output(command(commands, "releases", _releases, "list the releases and where they run"))


def _describe_status(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Tell what each environment runs, from the work tree. With --live also what a cluster runs:"
        " what its Argo CD Application or Flux Kustomization says, rollouts, and drift in images."
        " A context is one cluster. An environment is in it if something there syncs its overlay,"
        " or if its workloads are there that nothing syncs; so one call tells of all environments"
        " in a cluster that they share, and where each has its own, a call for each does. Nothing"
        " is written to the cluster."
    )
    environments(
        parser,
        ". With --live it is looked for in the cluster, whether or not anything of it is there",
    )
    parser.add_argument("--live", action="store_true", help="also look at a cluster")
    given(parser, "with --live, a kubeconfig; if it is not given, the one that kubectl uses")
    output(parser)


def _describe_wait(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Wait until the workloads of an environment run a release in its cluster and have rolled"
        " out, and what syncs it says that it is synced and healthy. It ends at once with 1 where"
        " that says that the sync of its newest commit has failed. Nothing is written to the"
        " cluster."
    )
    environment(parser, required=True, help="the environment")
    release = parser.add_argument("--release", required=True, metavar="R", help="the release")
    completed(release, completion.releases)
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=600.0,
        metavar="S",
        help="seconds to wait at most (default: 600)",
    )
    given(parser, "a kubeconfig; if it is not given, the one that kubectl uses")
    output(parser)


def _status(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.status import status

    target = None
    if arguments.live:
        from fleetops.api.view import Target

        target = Target(arguments.kubeconfig, arguments.context)
    elif arguments.kubeconfig or arguments.context:
        raise UsageError("a cluster is looked at only with --live")
    session.print(status(session.fleet(), arguments.env, target, session.narrate))
    return 0


def _wait(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.view import Target
    from fleetops.api.wait import Request, wait

    fleet = session.fleet()
    request = Request(
        fleet.release(arguments.release),
        fleet.config.environment(arguments.env),
        Target(arguments.kubeconfig, arguments.context),
        arguments.timeout,
    )
    result = wait(fleet, request, session.narrate)
    session.print(result)
    return 0 if result.ok else 1


def _history(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.history import history

    fleet = session.fleet()
    environment = fleet.config.environment(arguments.env)
    session.print(history(fleet, environment, arguments.limit, session.narrate))
    return 0


def _releases(session: Session, _arguments: argparse.Namespace) -> int:
    from fleetops.api.status import releases

    session.print(releases(session.fleet(), session.narrate))
    return 0
