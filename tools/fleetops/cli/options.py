"""What several commands share: their options, and how these are read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetops.cli import completion, manual

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetops.cli.session import Session

    Command = Callable[[Session, argparse.Namespace], int]

Commands = Any
"""What argparse adds the parsers of commands to; it names no type for it."""

ALLOWED = "use this cluster, if fleetops.yaml allows its context"
_DAY = 86400.0


class Once(argparse.Action):
    """Takes a value, and refuses a second one, which would else silently win."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: Any,  # noqa: ANN401
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Put the value where the parser collects them."""
        given = vars(namespace).setdefault("given", set())
        if self.dest in given:
            raise argparse.ArgumentError(self, "it is given once here; call fleetops for each")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def command(
    commands: Any,  # noqa: ANN401
    name: str,
    command: Command,
    words: str,
) -> argparse.ArgumentParser:
    """Add a command, and give its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        formatter_class=manual.Formatter,
        allow_abbrev=False,
    )
    parser.epilog = manual.epilog(parser.prog)
    parser.register("action", None, Once)
    parser.set_defaults(command=command)
    return parser


def environment(parser: argparse.ArgumentParser, **settings: Any) -> None:  # noqa: ANN401
    """Have it take an environment."""
    action = parser.add_argument("-e", "--env", metavar="ENV", **settings)
    completed(action, completion.environments)


def release(parser: argparse.ArgumentParser) -> None:
    """Have it take a release."""
    action = parser.add_argument("release", metavar="RELEASE", help="a release of the catalogue")
    completed(action, completion.releases)


def environments(parser: argparse.ArgumentParser, more: str = "") -> None:
    """Have it take any number of environments; none stands for all."""
    words = f"an environment, may be given again; all if it is not given{more}"
    environment(parser, action="append", default=[], help=words)


def given(parser: argparse.ArgumentParser, words: str) -> None:
    """Have it take a cluster."""
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help=words)
    parser.add_argument("--context", metavar="NAME", help="a context in it, if not the current")


def output(parser: argparse.ArgumentParser, *more: str) -> None:
    """Have it take a format, of `text`, `json` and those of `more`."""
    parser.add_argument(
        *("-o", "--output"),
        choices=("text", "json", *more),
        default="text",
        help="how the result is printed on stdout (default: text)",
    )


def accepting(parser: argparse.ArgumentParser, words: str) -> None:
    """Have it take rules to accept, and why."""
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


def accepted_rules(arguments: argparse.Namespace) -> dict[str, str]:
    """Give the rules that are accepted, and why."""
    if not arguments.accept and not arguments.because:
        return {}
    from fleetops.api.acceptance import reasons

    return reasons(arguments.accept, arguments.because)


def completed(action: argparse.Action, completer: completion.Completer) -> None:
    """Have a shell complete it."""
    action.completer = completer  # type: ignore[attr-defined]


def seconds(word: str) -> float:
    """Read a time: more than nothing, and no more than a day."""
    seconds = float(word)
    if not 0 < seconds <= _DAY:
        raise ValueError(word)
    return seconds


def number(word: str) -> int:
    """Read a number from 1 on."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no number from 1 on")
    return int(word)
