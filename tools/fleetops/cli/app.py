"""The command line: its words, and the commands behind them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetops import __version__
from fleetops.cli import completion
from fleetops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetops.api.deliver import Way
    from fleetops.api.fleet import Fleet
    from fleetops.api.propose import Wish
    from fleetops.api.results import Validation
    from fleetops.cli.session import Session

    Command = Callable[[Session, argparse.Namespace], int]

_ALLOWED = "use this cluster, if fleetops.yaml allows its context"


_DAY = 86400.0


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

    promote = _command(commands, "promote", _promote, "make an environment run a release")
    promote.description = (
        "Make an environment run a release. The images: of its overlay are edited in memory, the"
        " renders before and after are compared, and the new one is validated. Only if they differ"
        " in exactly the release's images, and every check passes, is the file written, or what is"
        " committed without the work tree's other changes."
    )
    _completed(promote.add_argument("release", metavar="RELEASE"), completion.releases)
    _environment(
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

    rollback = _command(commands, "rollback", _rollback, "go back to a release that ran before")
    rollback.description = (
        "Make an environment run the release that it ran before, by Git, or another that ran. It is"
        " promoted like any other, but the environment before it is not asked."
    )
    _environment(rollback, required=True, help="the environment")
    _completed(
        rollback.add_argument(
            "--to",
            metavar="RELEASE|REV",
            help="go back to this release, or to that of the environment at a revision",
        ),
        completion.releases,
    )
    _writing(rollback)

    _describe_rehearse(
        _command(commands, "rehearse", _rehearse, "try a promotion on a real Kubernetes")
    )

    validate = _command(commands, "validate", _validate, "validate what a controller would apply")
    _environment(
        validate,
        action="append",
        default=[],
        help="an environment, may be given again; all if it is not given",
    )
    validate.add_argument(
        "--from",
        dest="start",
        metavar="REF",
        help="also say what the change from REF is in danger of, and let what REF says decide",
    )
    _accepting(validate, "with --from: even if this danger rule or gate refuses the change")
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
    _given(validate, _ALLOWED)
    _output(validate, "markdown", "github", "junit", "sarif")

    _describe_diff(_command(commands, "diff", _diff, "compare two states of the repository"))

    _describe_status(_command(commands, "status", _status, "tell what each environment runs"))
    _describe_wait(
        _command(commands, "wait", _wait, "wait until an environment runs a release in its cluster")
    )
    history = _command(commands, "history", _history, "tell what an environment ran when, from Git")
    _environment(history, required=True, help="the environment")
    history.add_argument(
        "--limit",
        type=_number,
        default=20,
        metavar="N",
        help="how many entries at most, the newest first (default: 20)",
    )
    _output(history)
    _output(_command(commands, "releases", _releases, "list the releases and where they run"))

    explain = _command(commands, "explain", _explain, "explain a check or a danger, or list all")
    check = explain.add_argument("check", metavar="ID", nargs="?", default="")
    _completed(check, completion.checks)

    schema = _command(commands, "schema", _schema, "print a JSON schema")
    schema.description = (
        "Print the JSON schema of fleetops.yaml (config), of release files (release), or of what"
        " a command prints with --output json."
    )
    _completed(schema.add_argument("name", metavar="NAME"), completion.schemas)

    _add_first_steps(commands)
    _output(_command(commands, "doctor", _doctor, "tell which programs are there or missing"))
    tools = _command(commands, "tools", _install, "the external programs")
    install = tools.add_subparsers(title="commands", metavar="COMMAND", required=True)
    ahead = install.add_parser("install", help="build what is missing, ahead of its first use")
    ahead.add_argument("--cluster", action="store_true", help="also what fleetops cluster needs")

    _describe_cluster(
        _command(commands, "cluster", _cluster_status, "a throwaway Kubernetes on this machine")
    )

    shell = _command(commands, "completion", _completion, "print the completion of a shell")
    shell.description = 'Print the completion of a shell, as in: eval "$(fleetops completion bash)"'
    shell.add_argument("shell", choices=("bash", "zsh", "fish"))
    return parser


def _seconds(word: str) -> float:
    """Read a time: more than nothing, and no more than a day."""
    seconds = float(word)
    if not 0 < seconds <= _DAY:
        raise ValueError(word)
    return seconds


def _describe_rehearse(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Try a promotion on a throwaway Kubernetes: first the environment as it is, then as the"
        " promotion would make it, applied and pruned as a GitOps controller does it. Nothing of"
        " the repository is written. No container runs, so the images themselves are not tested."
    )
    _completed(parser.add_argument("release", metavar="RELEASE"), completion.releases)
    _environment(parser, required=True, help="the environment")
    parser.add_argument(
        "--from", dest="start", metavar="REF", help="begin with the environment as it is at REF"
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="seconds that each of the two rollouts may take (default: 120)",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="use the cluster named rehearsal, started unless it is up, and leave it as it is then",
    )
    _given(parser, _ALLOWED)
    _output(parser)


def _describe_diff(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare what a controller would apply of two states of the repository: by meaning, so that"
        " the order of fields, other units and written defaults are no change. Every change has the"
        " file and line that says so. Secrets are not shown."
    )
    _environment(
        parser,
        action="append",
        default=[],
        help="an environment, may be given again; all if it is not given",
    )
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
    _output(parser, "markdown")


def _describe_status(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Tell what each environment runs, from the work tree. With --live also what a cluster runs:"
        " what its Argo CD Application or Flux Kustomization says, rollouts, and drift in images."
        " A context is one cluster. An environment is in it if something there syncs its overlay,"
        " or if its workloads are there that nothing syncs; so one call tells of all environments"
        " in a cluster that they share, and where each has its own, a call for each does. Nothing"
        " is written to the cluster."
    )
    _environment(
        parser,
        action="append",
        default=[],
        help="an environment, may be given again; all if it is not given. With --live it is looked"
        " for in the cluster, whether or not anything of it is there",
    )
    parser.add_argument("--live", action="store_true", help="also look at a cluster")
    _given(parser, "with --live, a kubeconfig; if it is not given, the one that kubectl uses")
    _output(parser)


def _describe_wait(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Wait until the workloads of an environment run a release in its cluster and have rolled"
        " out, and what syncs it says that it is synced and healthy. It ends at once with 1 where"
        " that says that the sync of its newest commit has failed. Nothing is written to the"
        " cluster."
    )
    _environment(parser, required=True, help="the environment")
    release = parser.add_argument("--release", required=True, metavar="R", help="the release")
    _completed(release, completion.releases)
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=600.0,
        metavar="S",
        help="seconds to wait at most (default: 600)",
    )
    _given(parser, "a kubeconfig; if it is not given, the one that kubectl uses")
    _output(parser)


def _given(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help=words)
    parser.add_argument("--context", metavar="NAME", help="a context in it, if not the current")


def _describe_cluster(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "A throwaway Kubernetes on this machine: a real control plane that listens on 127.0.0.1"
        " only, with kwok in the kubelet's place, so that no container runs."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    start = _command(commands, "up", _cluster_up, "start it unless it is up; it lives until down")
    _name(start)
    start.add_argument(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="seconds until it has to be ready (default: 120)",
    )
    _output(start)

    end = _command(commands, "down", _cluster_down, "end it, with all that is in it")
    which = end.add_mutually_exclusive_group()
    _name(which)
    which.add_argument("--all", action="store_true", help="every one")
    _output(end)

    _output(_command(commands, "status", _cluster_status, "tell which there are"))
    _name(_command(commands, "kubeconfig", _cluster_kubeconfig, "print the path of its kubeconfig"))


def _name(parser: argparse._ActionsContainer) -> None:
    action = parser.add_argument(
        "--name", default="default", metavar="NAME", help="which one (default: default)"
    )
    _completed(action, completion.clusters)


def _command(
    commands: Any,  # noqa: ANN401
    name: str,
    command: Command,
    words: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words[0].upper()}{words[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(command=command)
    return parser


def _add_first_steps(commands: Any) -> None:  # noqa: ANN401 - argparse names no type for it
    captured = _command(
        commands, "capture", _capture, "write down as a release what an environment runs"
    )
    captured.add_argument("release", metavar="RELEASE", help="the name of the new release")
    _environment(captured, required=True, help="the environment")
    _output(captured)
    _output(_command(commands, "init", _init, "write a fleetops.yaml for this repository"))


def _environment(parser: argparse.ArgumentParser, **settings: Any) -> None:  # noqa: ANN401
    action = parser.add_argument("-e", "--env", metavar="ENV", **settings)
    _completed(action, completion.environments)


def _number(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 on")
    return int(word)


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
    _accepting(parser, "even if this danger rule or gate refuses it")
    _output(parser)


def _accepting(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="RULE",
        help=f"{words}; with --because, may be given again",
    )
    parser.add_argument(
        "--because",
        action="append",
        default=[],
        metavar="REASON",
        help="why that is accepted: one for each --accept, in their order",
    )


def _output(parser: argparse.ArgumentParser, *more: str) -> None:
    parser.add_argument(
        *("-o", "--output"),
        choices=("text", "json", *more),
        default="text",
        help="how the result is printed on stdout (default: text)",
    )


def _completed(action: argparse.Action, completer: completion.Completer) -> None:
    action.completer = completer  # type: ignore[attr-defined]


def _promote(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.propose import Wish

    environments = tuple(dict.fromkeys(arguments.env))
    accepted = _accepted(arguments)
    wish = Wish(arguments.release, environments, arguments.force_order, accepted)
    return _change(session, session.fleet(), arguments, wish)


def _rollback(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.propose import Wish
    from fleetops.api.rollback import target

    fleet = session.fleet()
    environment = fleet.config.environment(arguments.env)
    release = target(fleet, environment, arguments.to, session.narrate)
    accepted = _accepted(arguments)
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


def _accepted(arguments: argparse.Namespace) -> dict[str, str]:
    if not arguments.accept and not arguments.because:
        return {}
    from fleetops.api.acceptance import reasons

    return reasons(arguments.accept, arguments.because)


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


def _validate(session: Session, arguments: argparse.Namespace) -> int:
    session.print(result := _validation(session, arguments))
    return 0 if result.ok else 1


def _validation(session: Session, arguments: argparse.Namespace) -> Validation:
    from fleetops.api.validate import Since, validate

    accepted = _accepted(arguments)
    if accepted and not arguments.start:
        raise UsageError("--accept goes with --from")
    since = Since(arguments.start, accepted) if arguments.start else None
    if not arguments.on_cluster:
        if arguments.paths or arguments.kubeconfig or arguments.context:
            raise UsageError("PATH, --kubeconfig and --context go with --on-cluster")
        return validate(session.fleet(), arguments.env, session.narrate, since=since)
    from fleetops.api.stand import Where

    where = Where(kubeconfig=arguments.kubeconfig, context=arguments.context)
    if not arguments.paths:
        return validate(session.fleet(), arguments.env, session.narrate, where, since)
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


def _capture(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.capture import capture

    fleet = session.fleet()
    environment = fleet.config.environment(arguments.env)
    session.print(capture(fleet, arguments.release, environment, session.narrate))
    return 0


def _init(session: Session, _arguments: argparse.Namespace) -> int:
    from fleetops.api.init import init

    session.print(init(session.directory, session.narrate))
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


def _doctor(session: Session, _arguments: argparse.Namespace) -> int:
    from fleetops.api.doctor import doctor
    from fleetops.errors import ProgramError

    result = doctor(session.directory)
    session.print(result)
    return 0 if result.ok else ProgramError.exit_code


def _install(session: Session, arguments: argparse.Namespace) -> int:
    from fleetops.api.doctor import install

    for path in install(session.directory, session.narrate, cluster=arguments.cluster):
        sys.stdout.write(f"{path}\n")
    return 0


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


def _completion(_session: Session, arguments: argparse.Namespace) -> int:
    sys.stdout.write(completion.script(arguments.shell))
    return 0
