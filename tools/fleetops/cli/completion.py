"""What a shell offers for a half-written word; it says nothing where there is nothing to say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetops.errors import FleetopsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from fleetops.catalogue import Config
    from fleetops.files import Repository

Completer = Callable[..., list[str]]
"""Called by argcomplete with the prefix and the words before it."""


def offer(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks, and end; do nothing in any other call."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete
        from argcomplete.finders import safe_actions

        from fleetops.cli.options import Once

        safe_actions.add(Once)
        argcomplete.autocomplete(parser)


def script(shell: str) -> str:
    """Give what a shell has to evaluate so that it asks."""
    from argcomplete.shell_integration import shellcode

    return str(shellcode(["fleetops"], shell=shell))


def releases(**context: Any) -> list[str]:  # noqa: ANN401
    """Offer the releases of the catalogue."""
    from fleetops.catalogue import read_releases

    return _names(lambda repository, config: read_releases(repository, config.catalogue), context)


def environments(**context: Any) -> list[str]:  # noqa: ANN401
    """Offer the environments."""
    return _names(lambda _repository, config: [one.name for one in config.environments], context)


def checks(**_context: Any) -> list[str]:  # noqa: ANN401
    """Offer the IDs of the checks and of the danger rules."""
    from fleetops.api.explain import PAGES

    return list(PAGES)


def schemas(**_context: Any) -> list[str]:  # noqa: ANN401
    """Offer the names of the schemas."""
    from fleetops.api.schemas import KINDS

    return [*KINDS, "crds"]


def clusters(**context: Any) -> list[str]:  # noqa: ANN401
    """Offer the throwaway clusters that there are."""
    from fleetops.api.cluster import names

    try:
        return names(context["parsed_args"].directory or Path())
    except FleetopsError:
        return []


def _names(
    names: Callable[[Repository, Config], Iterable[str]], context: dict[str, Any]
) -> list[str]:
    """Give names without the API, whose import takes longer than all else that is done here."""
    from fleetops.catalogue import described_folder, parse_config
    from fleetops.files import Repository

    try:
        folder = described_folder(context["parsed_args"].directory or Path())
        if folder is None:
            return []
        repository = Repository.at(folder)
        return list(names(repository, parse_config(repository)))
    except FleetopsError:
        return []
