"""A report as a page of one file: no script, no link, and no request to anywhere.

All that comes from the repository is text. What the page may load is nothing, by its own policy:
its style is named by its hash, and its icon is part of it.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from fleetops import __version__
from fleetops.output.changes import title
from fleetops.output.groups import grouped
from fleetops.output.html.changes import changes
from fleetops.output.html.findings import findings
from fleetops.output.html.markup import Markup, element
from fleetops.output.html.matrix import matrix
from fleetops.words import count

if TYPE_CHECKING:
    from fleetops.api.results.comparison import Comparison
    from fleetops.api.results.report import Report
    from fleetops.api.results.validation import Validation

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='%232f6f6a' d='M1 1h6v6H1zM9 9h6v6H9z'/%3E"
    "%3Cpath fill='%2387b8ae' d='M9 1h6v6H9zM1 9h6v6H1z'/%3E%3C/svg%3E"
)


def as_html(report: Report) -> str:
    """Write the page."""
    sections = [
        ("runs", "What runs", _size(report), matrix(report.status)),
        ("findings", "Findings", _found(report.validation), findings(report.validation)),
    ]
    if report.comparison is not None:
        words = _changed(report.comparison)
        sections.append(("changes", "Changes", words, changes(report.comparison)))
    body = element(
        "body",
        element("a", "Skip to what runs", href="#runs", class_="skip"),
        element("header", *_header(report), _contents(sections)),
        element("main", *(_section(*one) for one in sections)),
        element(
            "footer",
            element("p", f"Made by fleetops {__version__}. This page loads nothing from anywhere."),
        ),
    )
    page = element("html", _head(f"{report.repository}: fleet report"), body, lang="en")
    return f"<!DOCTYPE html>\n{page}"


def _head(name: str) -> Markup:
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    its_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{its_hash}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", name),
        element("link", rel="icon", href=_ICON),
        element("style", Markup(style)),
    )


def _header(report: Report) -> list[Markup]:
    facts = [
        f"commit {report.commit[:12]}" if report.commit else "no commit",
        f"{report.made:%Y-%m-%d %H:%M} UTC",
    ]
    if report.comparison is not None:
        facts.append(title(report.comparison).replace(" -> ", " → "))
    return [
        element("p", "Fleet report", class_="kicker"),
        element("h1", report.repository),
        element("p", *(element("span", fact) for fact in facts), class_="facts"),
    ]


def _contents(sections: list[tuple[str, str, str, Markup]]) -> Markup:
    tiles = [
        element(
            "li",
            element(
                "a",
                element("span", name, class_="name"),
                " ",
                element("span", said, class_="said bad" if "error" in said else "said"),
                href=f"#{anchor}",
            ),
        )
        for anchor, name, said, _ in sections
    ]
    return element("nav", element("ul", *tiles), aria_label="Contents")


def _section(anchor: str, name: str, _said: str, content: Markup) -> Markup:
    heading = element("h2", name, id=f"{anchor}-heading")
    return element(
        "section", heading, content, id=anchor, aria_labelledby=f"{anchor}-heading", tabindex="-1"
    )


def _size(report: Report) -> str:
    environments = report.status.environments
    services = len(environments[0].services) if environments else 0
    return f"{count(len(environments), 'environment')}, {count(services, 'service')}"


def _found(validation: Validation) -> str:
    groups, left = grouped(validation.findings), len(validation.unreached)
    errors = sum(one.finding.severity == "error" for one in groups)
    said = [
        count(number, what)
        for number, what in ((errors, "error"), (len(groups) - errors, "warning"))
        if number
    ]
    reached = len(validation.environments)
    where = f" in {reached} of {count(reached + left, 'environment')}" if left else ""
    return f"{', '.join(said) or 'none'}{where}"


def _changed(comparison: Comparison) -> str:
    changed = sum(one.outcome != "unchanged" for one in comparison.environments)
    return f"in {changed} of {count(len(comparison.environments), 'environment')}"


__all__ = ["as_html"]
