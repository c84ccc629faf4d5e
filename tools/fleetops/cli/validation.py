"""To judge what a controller would apply, and what a change does to it."""

from __future__ import annotations

import argparse
from pathlib import Path
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
    from fleetops.api.results.validation import Validation
    from fleetops.cli.options import (
        Commands,
    )
    from fleetops.cli.session import Session

_FORMATS = ("markdown", "github", "junit", "sarif")


def add(commands: Commands) -> None:
    """Describe validate, merge and diff."""
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
        "--shard",
        type=_part,
        metavar="K/N",
        help="only the K-th of N parts of the environments, for fleetops merge to put together",
    )
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
    output(validate, *_FORMATS)

    _describe_merge(
        command(commands, "merge", _merge, "put the shards of a validation together to a whole one")
    )
    _describe_diff(command(commands, "diff", _diff, "compare two states of the repository"))


def _describe_merge(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Put the shards of a validation together: print what fleetops validate would have said, and"
        " end as it would have ended. It refuses shards that are not of one state of the"
        " repository, or not all there. It believes what they say, and needs no repository."
    )
    parser.add_argument(
        "files",
        type=Path,
        metavar="FILE",
        nargs="+",
        help="what fleetops validate --shard K/N --output json has printed",
    )
    output(parser, *_FORMATS)


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


def _merge(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.merge import merge

    paths = [session.directory / one for one in arguments.files]
    session.print(result := merge(paths, session.narrate))
    return 0 if result.ok else 1


def _validation(session: Session, arguments: argparse.Namespace) -> Validation:
    from fleetops.api.validate import Request, Since, validate

    accepted = accepted_rules(arguments)
    if accepted and not arguments.start:
        raise UsageError("--accept goes with --from")
    since = Since(arguments.start, accepted) if arguments.start else None
    # What a change takes away cannot be done without in judging it.
    opened = session.fleet if since else session.any_fleet
    if not arguments.on_cluster:
        if arguments.paths or arguments.kubeconfig or arguments.context:
            raise UsageError("PATH, --kubeconfig and --context go with --on-cluster")
        part = None
        if arguments.shard:
            from fleetops.api.shards import Part

            part = Part(*arguments.shard)
        request = Request(tuple(arguments.env), part, since=since)
        return validate(opened(), request, session.narrate)
    if arguments.shard:
        raise UsageError("--shard and --on-cluster: give one of them")
    from fleetops.api.stand import Where

    where = Where(kubeconfig=arguments.kubeconfig, context=arguments.context)
    if not arguments.paths:
        request = Request(tuple(arguments.env), where=where, since=since)
        return validate(opened(), request, session.narrate)
    if arguments.env or arguments.start:
        raise UsageError("PATH stands in the place of --env and --from: give one of them")
    from fleetops.api.trial import try_files

    return try_files(session.directory, arguments.paths, where, session.narrate)


def _part(word: str) -> tuple[int, int]:
    """Read which of how many parts is meant."""
    number, _, of = word.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        message = f"{word!r} is no K/N, as 2/5 is, with K from 1 to N"
        raise argparse.ArgumentTypeError(message)
    return int(number), int(of)


def _diff(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.diff import Request, compare

    end = None if arguments.end == "worktree" else arguments.end
    request = Request(tuple(arguments.env), arguments.start, end, arguments.all)
    result = compare(session.fleet(), request, session.narrate)
    session.print(result)
    return 0 if result.ok else 1
