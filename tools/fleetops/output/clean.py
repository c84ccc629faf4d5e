"""Words that do nothing, wherever they are shown."""

from __future__ import annotations

import re

_BEGINNING = re.compile(r"^(\s*):(?=:)")
HASH = re.compile(r"#(?=#\w*\[)")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(line: str) -> str:
    """Make a line of it that does nothing, whatever a hostile repository has put into it.

    Control characters and line feeds come out as their codes, and so does what CI runners take for
    a command: `::` at the beginning of a line, GitHub's `##[` and Azure's `##vso[` anywhere in it.
    """
    line = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)
    return _BEGINNING.sub(r"\1\\x3a", HASH.sub(r"\\x23", line))
