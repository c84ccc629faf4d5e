"""What each environment runs, as a table."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from fleetops.output.html.markup import Markup, element, together
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.api.results.services import ServiceStatus
    from fleetops.api.results.status import EnvironmentStatus, Lag, Status

_MOST_CELLS = 20_000
_MOST_SERVICES = 200
_MOST_REMARKS = 500
_LONGEST = 100
"""Characters of a version that are shown."""
_DIGEST = re.compile("(sha256:[0-9a-f]{12})[0-9a-f]{52}")


def matrix(status: Status) -> Markup:
    """Write the table, below it what is off, and what would not fit."""
    environments = status.environments
    services = [one.service for one in environments[0].services] if environments else []
    columns = services[:_MOST_SERVICES]
    shown = environments[: _MOST_CELLS // (len(columns) + 3)]
    head = element(
        "tr",
        *(
            element("th", name, scope="col")
            for name in ("Environment", "Release", "Behind", *columns)
        ),
    )
    rows = [
        _row(one, above, len(columns)) for above, one in pairwise((None, *shown)) if one is not None
    ]
    table = element(
        "table",
        element("caption", "Environments in their order, and the version of each service."),
        element("thead", head),
        element("tbody", *rows),
    )
    return together(
        element(
            "div",
            table,
            class_="wide",
            role="region",
            aria_label="Matrix of versions",
            tabindex="0",
        ),
        element("p", "≠ another version than in the row above", class_="legend")
        if any("≠" in row for row in rows)
        else "",
        *_left(len(environments) - len(shown), "environment"),
        *_left(len(services) - len(columns), "service"),
        _off(environments),
    )


def _row(one: EnvironmentStatus, above: EnvironmentStatus | None, columns: int) -> Markup:
    before = above.services if above else one.services
    pairs = zip(one.services[:columns], before[:columns], strict=True)
    return element(
        "tr",
        element("th", element("div", one.environment), scope="row"),
        element("td", element("div", one.release))
        if one.release
        else element("td", "none", class_="off"),
        element("td", *(_lag(one.lag) if one.lag else ["-"]), class_="lag"),
        *(_cell(service, upper) for service, upper in pairs),
    )


def _lag(lag: Lag) -> Iterator[str]:
    yield f"{count(lag.releases, 'release')}{' or more' if lag.at_least else ''} "
    since = f" since {lag.since:%Y-%m-%d %H:%MZ}" if lag.since else ""
    yield element("small", f"behind {lag.environment}{since}")


def _cell(service: ServiceStatus, above: ServiceStatus) -> Markup:
    said = ", ".join(version.removeprefix(":") for version in service.versions) or "-"
    said = _DIGEST.sub(r"\1…", said)
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    if len(service.versions) > 1:
        return element("td", element("div", said), class_="off")
    if service.versions == above.versions:
        return element("td", element("div", said))
    mark = element("span", "≠ ", class_="mark")
    return element("td", element("div", mark, said), class_="other")


def _off(environments: tuple[EnvironmentStatus, ...]) -> Markup:
    remarks = [(one.environment, line) for one in environments for line in one.off]
    if not remarks:
        return Markup()
    items = [
        element("li", element("strong", name), " ", line) for name, line in remarks[:_MOST_REMARKS]
    ]
    return together(
        element("h3", "What is off"),
        element("ul", *items, class_="plain"),
        *_left(len(remarks) - len(items), "remark"),
    )


def _left(number: int, what: str) -> Iterator[Markup]:
    if number:
        words = f"{count(number, f'more {what}')} would not fit: fleetops status tells of all."
        yield element("p", words, class_="left")
