"""Elements of HTML. What is not an element is text, and text is escaped as it gets into one."""

from __future__ import annotations

import html

from fleetops.output.clean import clean

_LONGEST = 1_000
"""Characters of a text that are shown: a name may be as long as a stranger likes."""
_VOID = frozenset({"link", "meta"})


class Markup(str):
    """What is HTML already."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str) -> Markup:
    """Write an element; an underscore in the name of an attribute stands for a hyphen.

    `class_` and `open_` are class and open. An attribute with an empty value has none.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        if value
        else f" {key.rstrip('_').replace('_', '-')}"
        for key, value in attributes.items()
    )
    end = "" if name in _VOID else f"</{name}>"
    return Markup(f"<{name}{said}>{together(*content)}{end}")


def together(*parts: str) -> Markup:
    """Write one part after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escaped(part) for part in parts))


def escaped(text: str) -> str:
    """Write a text so that it is only text, in content and in quoted attributes."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return html.escape(clean(text))
