"""The pages of the commands, made from the parser that reads the command line."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from fleetops.cli.app import build_parser
from fleetops.cli.manual import EXITS, MANUALS, Manual

if TYPE_CHECKING:
    from collections.abc import Iterator

Commands = dict[str, argparse.ArgumentParser]
"""Each by the words that call it, as in `fleetops cluster up`."""


def commands(parser: argparse.ArgumentParser | None = None) -> Commands:
    """Find every command, those above others too, in the order of the help."""
    found: Commands = {}
    for one in _below(parser or build_parser()).values():
        found |= {one.prog: one, **commands(one)}
    return found


def pages() -> dict[str, str]:
    """Write the page of every command, and the one that lists them, by their file names."""
    written = {f"{_name(command)}.md": _page(one) for command, one in commands().items()}
    return {"index.md": _index(), **written}


def _index() -> str:
    listed = "\n".join(
        f"- [{command}]({_name(command)}.md): {_plain(one.description or '').partition('.')[0]}"
        for command, one in commands().items()
        if not _below(one)
    )
    options = "\n".join(_options(build_parser()))
    names = "\n".join(map(_name, commands()))
    return (
        f"# The commands\n\n{listed}\n\n"
        f"Before the command, for all of them:\n\n{options}\n\n"
        f"What an exit code means:\n\n{_exits(EXITS)}\n\n"
        f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    )


def _page(parser: argparse.ArgumentParser) -> str:
    parts = [f"# {parser.prog}", _plain(parser.description or "")]
    below = _below(parser)
    if below:
        parts.append(
            "\n".join(
                f"- [{one.prog}]({_name(one.prog)}.md): {_plain(one.description or '')}"
                for one in below.values()
            )
        )
        return "\n\n".join(parts) + "\n"
    parts.append(f"```text\n{_usage(parser)}\n```")
    parts.append("\n".join(_options(parser)))
    manual = MANUALS.get(parser.prog, Manual(()))
    examples = "\n".join(f"# {purpose}\n{words}" for purpose, words in manual.examples)
    parts += ["## Examples", f"```sh\n{examples}\n```"]
    parts += ["## Exit codes", _exits(manual.exits)]
    return "\n\n".join(parts) + "\n"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        words = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.choices:
            value = " | ".join(map(str, action.choices))
        else:
            value = str(action.metavar or "") if action.option_strings else ""
        value = f"[{value}]" if action.nargs == "?" and value else value
        yield f"- `{f'{words} {value}'.strip()}`: {_plain(action.help or '')}"


def _exits(exits: dict[int, str]) -> str:
    return "\n".join(f"- **{code}**: {meaning}" for code, meaning in exits.items())


def _usage(parser: argparse.ArgumentParser) -> str:
    """Give the usage in one width, whatever the terminal's is; Pythons break it differently."""
    words = " ".join(parser.format_usage().split()).removeprefix("usage: ")
    return re.sub(r" (?=\[-|-[a-z-])", "\n  ", words.replace(" | ", "|"))


def _below(parser: argparse.ArgumentParser) -> Commands:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _name(command: str) -> str:
    return command.removeprefix("fleetops ").replace(" ", "-")


def _plain(text: str) -> str:
    """Keep what a person wrote from being Markdown."""
    return re.sub(r"([*_<>\[\]])", r"\\\1", text)
