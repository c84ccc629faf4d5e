"""To judge what a controller would apply, and what a change does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.cli.options import (
    ALLOWED,
    accepted_rules,
    accepting,
    command,
    environments,
    given,
    output,
)
from fleetops.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from fleetops.api.results import Validation
    from fleetops.cli.options import (
        Commands,
    )
    from fleetops.cli.session import Session


def add(commands: Commands) -> None:
    """Describe validate and diff."""
    validate = command(commands, "validate", _validate, "validate what a controller would apply")
    validate.description = (
        "Say what is wrong with what a controller would apply, at the line of the base or overlay:"
        " every environment is rendered, and checked with strict schemas for each of its Kubernetes"
        " minors and with checks over all objects. Nothing of the repository is run."
    )
    environments(validate)
    validate.add_argument(
        "--from",
        dest="start",
        metavar="REF",
        help="look only at what the change from REF reaches, at its dangers too, and let what REF"
        " says decide",
    )
    accepting(validate, "with --from: even if this danger rule or gate refuses the change")
    validate.add_argument(
        "--on-cluster",
        action="store_true",
        help="also create every document in a throwaway Kubernetes, and remove it",
    )
    validate.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="with --on-cluster: files or folders of manifests, in place of the environments",
    )
    given(validate, ALLOWED)
    output(validate, "markdown", "github", "junit", "sarif")

    _describe_diff(command(commands, "diff", _diff, "compare two states of the repository"))


def _describe_diff(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare what a controller would apply of two states of the repository: by meaning, so that"
        " the order of fields, other units and written defaults are no change. Every change has the"
        " file and line that says so. Secrets are not shown."
    )
    environments(parser)
    parser.add_argument(
        "--from",
        dest="start",
        default="HEAD",
        metavar="REF",
        help="the state before (default: HEAD)",
    )
    parser.add_argument(
        "--to",
        dest="end",
        default="worktree",
        metavar="REF",
        help="the state after (default: worktree, the work tree)",
    )
    parser.add_argument(
        "--all", action="store_true", help="show also what changes nothing, which is else counted"
    )
    output(parser, "markdown")


def _validate(session: Session, arguments: argparse.Namespace) -> int:
    session.print(result := _validation(session, arguments))
    return 0 if result.ok else 1


def _validation(session: Session, arguments: argparse.Namespace) -> Validation:
    from fleetops.api.validate import Since, validate

    accepted = accepted_rules(arguments)
    if accepted and not arguments.start:
        raise UsageError("--accept goes with --from")
    since = Since(arguments.start, accepted) if arguments.start else None
    # What a change takes away cannot be done without in judging it.
    opened = session.fleet if since else session.any_fleet
    if not arguments.on_cluster:
        if arguments.paths or arguments.kubeconfig or arguments.context:
            raise UsageError("PATH, --kubeconfig and --context go with --on-cluster")
        return validate(opened(), arguments.env, session.narrate, since=since)
    from fleetops.api.stand import Where

    where = Where(kubeconfig=arguments.kubeconfig, context=arguments.context)
    if not arguments.paths:
        return validate(opened(), arguments.env, session.narrate, where, since)
    if arguments.env or arguments.start:
        raise UsageError("PATH stands in the place of --env and --from: give one of them")
    from fleetops.api.trial import try_files

    return try_files(session.directory, arguments.paths, where, session.narrate)


def _diff(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.diff import Request, compare

    end = None if arguments.end == "worktree" else arguments.end
    request = Request(tuple(arguments.env), arguments.start, end, arguments.all)
    result = compare(session.fleet(), request, session.narrate)
    session.print(result)
    return 0 if result.ok else 1
