"""What the commands share: where they work, and where their words go."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetops.api.fleet import Fleet
    from fleetops.api.progress import Step
    from fleetops.api.results.base import Result
    from fleetops.cli.progress import Display
    from fleetops.errors import FleetopsError

_SHORT: Final = 1.0
"""Seconds in which nobody wants to know how far it has come."""


class Session:
    """One call of fleetops: data goes to stdout, what is said to a person to stderr."""

    def __init__(self) -> None:
        self.directory = Path()
        self.output = "text"
        self._started = time.monotonic()
        self._display: Display | None = None

    def fleet(self) -> Fleet:
        """Open the repository."""
        from fleetops.api.fleet import open_fleet

        return open_fleet(self.directory)

    def any_fleet(self) -> Fleet:
        """Open the repository, also one that nobody has described."""
        from fleetops.api.fleet import any_fleet

        fleet = any_fleet(self.directory)
        if not fleet.described:
            self.narrate("there is no fleetops.yaml: every overlay that is found is looked at")
        return fleet

    def print(self, result: Result) -> None:
        """Print a result on stdout."""
        from fleetops.output.formats import written

        self._print(written(result, self.output, colour=_in_colour()))
        self._summarise(lambda: written(result, "markdown"))

    def narrate(self, said: str | Step) -> None:
        """Say a line on stderr; whoever's words are in it, it does nothing there.

        Of a step it is shown there how far it has come, where it takes more than a moment.
        """
        if not isinstance(said, str):
            self._show(said)
            return
        from fleetops.output.clean import clean

        self._say(clean(said))

    def fail(self, error: FleetopsError) -> None:
        """Say what went wrong: on stderr, and in the document that was asked for.

        In JSON it is said there alone.
        """
        from fleetops.api.results.failure import failure
        from fleetops.output.formats import failed
        from fleetops.output.text import as_text

        result = failure(error)
        if self.output != "json":
            self._say(as_text(result))
        try:
            if document := failed(result, self.output):
                self._print(document)
                sys.stdout.flush()
                self._summarise(lambda: failed(result, "markdown") or "")
        except OSError:
            # Where nothing can be written, or nobody reads, there is still stderr.
            if self.output == "json":
                self._say(as_text(result))

    def _print(self, text: str) -> None:
        self.erase()
        sys.stdout.write(f"{text}\n")

    def _summarise(self, markdown: Callable[[], str]) -> None:
        """Add to the summary of a step of GitHub's, where that is asked for."""
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if self.output == "github" and summary:
            try:
                with Path(summary).open("a", encoding="utf-8") as file:
                    file.write(f"{markdown()}\n")
            except OSError as error:
                self.narrate(f"the summary of the step cannot be written: {error.strerror}")

    def erase(self) -> None:
        """Take away what is shown of a step."""
        if self._display:
            self._display.erase()

    def _show(self, step: Step) -> None:
        if self._display is None:
            if time.monotonic() - self._started < _SHORT:
                return
            from fleetops.cli.progress import Display

            self._display = Display(self._started)
        self._display.show(step)

    def _say(self, text: str) -> None:
        self.erase()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _in_colour() -> bool:
    terminal = os.environ.get("TERM") != "dumb" and sys.stdout.isatty()
    return terminal and not os.environ.get("NO_COLOR")
