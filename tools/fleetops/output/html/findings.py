"""What is wrong, by check, with the page of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.api.explain import PAGES
from fleetops.output.groups import grouped, unreached
from fleetops.output.html.markup import element, together
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetops.api.results.validation import Validation
    from fleetops.output.groups import Group
    from fleetops.output.html.markup import Markup

_MOST = 1_000


def findings(validation: Validation) -> Markup:
    """Write the gravest first; what does not fit is counted."""
    groups = sorted(grouped(validation.findings), key=_rank)
    unlooked = unreached(validation.unreached)
    note = element("p", f"{unlooked} and not looked at.", class_="left") if unlooked else ""
    if not groups:
        manifests = count(validation.manifests, "manifest")
        words = f"Nothing is wrong with what a controller would apply: {manifests}."
        return together(element("p", words) if validation.environments else "", note)
    by_check: dict[tuple[str, str], list[Group]] = {}
    for one in groups[:_MOST]:
        by_check.setdefault(_rank(one), []).append(one)
    left = len(groups) - _MOST
    words = f"{count(left, 'more finding')} would not fit: fleetops validate tells of all."
    return together(
        *(_check(severity, check, ones) for (severity, check), ones in by_check.items()),
        element("p", words, class_="left") if left > 0 else "",
        note,
    )


def _rank(group: Group) -> tuple[str, str]:
    return group.finding.severity, group.finding.check


def _check(severity: str, check: str, groups: Sequence[Group]) -> Markup:
    page = PAGES.get(check)
    title, _, text = page.page.partition("\n\n") if page else ("", "", "")
    return element(
        "article",
        element(
            "h3",
            element("span", severity, class_=f"badge {severity}"),
            " ",
            element("code", check),
            " ",
            element("span", *_prose(title), class_="title"),
        ),
        element("ul", *map(_finding, groups), class_="findings"),
        element(
            "details",
            element("summary", "Why it matters, and what to do"),
            element("p", *_prose(text)),
        )
        if text
        else "",
    )


def _prose(text: str) -> Iterator[str]:
    """Give the parts of a page, in which words of code stand between backticks."""
    for number, part in enumerate(" ".join(text.split()).split("`")):
        yield element("code", part) if number % 2 else part


def _finding(group: Group) -> Markup:
    one = group.finding
    place = ":".join(str(part) for part in (one.file, one.line) if part)
    what = f"{one.resource} {one.path}".rstrip() if one.resource else ""
    return element(
        "li",
        element("p", element("strong", group.where), " ", one.message),
        element(
            "p",
            *(element("code", part) for part in (place, what) if part),
            class_="place",
        )
        if place or what
        else "",
    )
