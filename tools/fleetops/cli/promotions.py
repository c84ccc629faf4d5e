"""To make environments run a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fleetops.cli import completion
from fleetops.cli.options import (
    accepted_rules,
    accepting,
    command,
    completed,
    environment,
    output,
    release,
)
from fleetops.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from fleetops.api.deliver import Way
    from fleetops.api.fleet import Fleet
    from fleetops.api.propose import Wish
    from fleetops.cli.options import (
        Commands,
    )
    from fleetops.cli.session import Session


def add(commands: Commands) -> None:
    """Describe promote and rollback."""
    promote = command(commands, "promote", _promote, "make an environment run a release")
    promote.description = (
        "Make an environment run a release. The images: of its overlay are edited in memory, the"
        " renders before and after are compared, and the new one is validated. Only if they differ"
        " in exactly the release's images, and every check passes, is the file written, or what is"
        " committed without the work tree's other changes."
    )
    release(promote)
    environment(
        promote,
        action="append",
        required=True,
        help="the environment, may be given again: all in one change",
    )
    promote.add_argument(
        "--force-order",
        action="store_true",
        help="even if the environment before it does not run the release",
    )
    _writing(promote)

    rollback = command(commands, "rollback", _rollback, "go back to a release that ran before")
    rollback.description = (
        "Make an environment run the release that it ran before, by Git, or another that ran. It is"
        " promoted like any other, but the environment before it is not asked."
    )
    environment(rollback, required=True, help="the environment")
    completed(
        rollback.add_argument(
            "--to",
            metavar="RELEASE|REV",
            help="go back to this release, or to that of the environment at a revision",
        ),
        completion.releases,
    )
    _writing(rollback)


def _writing(parser: argparse.ArgumentParser) -> None:
    """Say how what a promotion or a rollback writes is written."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--dry-run", action="store_true", help="prove everything, write nothing")
    way.add_argument("--commit", action="store_true", help="commit it on what is checked out")
    way.add_argument(
        "--branch",
        nargs="?",
        const="",
        metavar="NAME",
        help="commit it on a branch of its own (default: promote/ENV/RELEASE), and leave HEAD,"
        " index and work tree as they are",
    )
    way.add_argument(
        "--push",
        nargs="?",
        const="",
        metavar="REMOTE",
        help="commit it on the remote's branch as that is now, and leave all that is here as it is",
    )
    way.add_argument(
        "--pr",
        nargs="?",
        const="",
        metavar="REMOTE",
        help="open or update a pull request for each environment, on branches promote/ENV",
    )
    parser.add_argument(
        "--forge",
        choices=("github", "gitlab", "gitea"),
        help="what the remote's host is, where that cannot be told and fleetops.yaml does not say",
    )
    parser.add_argument(
        "--rehearsal",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="with --pr: what rehearse --output json printed, for the pull request's text; may be"
        " given again",
    )
    accepting(parser, "even if this danger rule or gate refuses it")
    output(parser)


def _promote(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.propose import Wish

    environments = tuple(dict.fromkeys(arguments.env))
    accepted = accepted_rules(arguments)
    wish = Wish(arguments.release, environments, arguments.force_order, accepted)
    return _change(session, session.fleet(), arguments, wish)


def _rollback(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.propose import Wish
    from fleetops.api.rollback import target

    fleet = session.fleet()
    environment = fleet.config.environment(arguments.env)
    release = target(fleet, environment, arguments.to, session.narrate)
    accepted = accepted_rules(arguments)
    wish = Wish(release.name, (environment.name,), accepted=accepted, rollback=True)
    return _change(session, fleet, arguments, wish)


def _change(session: Session, fleet: Fleet, arguments: argparse.Namespace, wish: Wish) -> int:
    """Write what is wished, in the way that the options of `_writing` say."""
    from fleetops.api.promote import Request, promote

    request = Request(wish, arguments.dry_run, _way(arguments, wish))
    session.print(promote(fleet, request, session.narrate))
    return 0


def _way(arguments: argparse.Namespace, wish: Wish) -> Way | None:
    if (arguments.forge or arguments.rehearsal) and arguments.pr is None:
        raise UsageError("--forge and --rehearsal go with --pr")
    if arguments.commit:
        from fleetops.api.deliver import OnHead

        return OnHead()
    if arguments.branch is not None:
        from fleetops.api.deliver import OnBranch

        return OnBranch(arguments.branch or None)
    if arguments.push is not None:
        from fleetops.api.deliver import Pushed

        return Pushed(arguments.push or None)
    if arguments.pr is not None:
        from functools import partial

        from fleetops.api.deliver import Requested
        from fleetops.api.report import read_rehearsal
        from fleetops.output.pull_request import as_pull_request, as_title

        rehearsals = [read_rehearsal(path, wish) for path in arguments.rehearsal]
        body = partial(as_pull_request, rehearsals)
        return Requested(as_title, body, arguments.pr or None, arguments.forge)
    return None
