"""The formats of `--output`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fleetops.api.results.comparison import Comparison
from fleetops.api.results.report import Report
from fleetops.api.results.validation import Validation

if TYPE_CHECKING:
    from fleetops.api.results.base import Result
    from fleetops.api.results.failure import Failure

_DOCUMENTS = frozenset({"github", "junit", "markdown", "sarif"})
"""The formats that are read from a file, which has to say something also where all failed."""


def written(result: Result, output: str, *, colour: bool = False) -> str:  # noqa: PLR0911 - a format each
    """Write a result, as text where it has no other format of that name."""
    match output, result:
        case "json", _:
            from fleetops.output.json import as_json

            return as_json(result)
        case "markdown", Comparison() | Validation():
            from fleetops.output.markdown import as_markdown

            return as_markdown(result)
        case "sarif", Validation():
            from fleetops.output.sarif import as_sarif

            return as_sarif(result)
        case "junit", Validation():
            from fleetops.output.junit import as_junit

            return as_junit(result)
        case "github", Validation():
            from fleetops.output.github import as_github

            return as_github(result)
        case "html", Report():
            from fleetops.output.html import as_html

            return as_html(result)
        case _:
            from fleetops.output.text import as_text

            return as_text(result, colour=colour)


def failed(result: Failure, output: str) -> str | None:
    """Write a failure as the document that the result would have been, None where it is none."""
    if output == "json":
        return written(result, output)
    if output not in _DOCUMENTS:
        return None
    document: str = import_module(f"fleetops.output.{output}").failed(result)
    return document
