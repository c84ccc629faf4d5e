"""What an environment ran when, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.output.text.tables import table

if TYPE_CHECKING:
    from fleetops.api.results.history import History, HistoryEntry


def lines(result: History) -> list[str]:
    """Write it as lines."""
    if not result.entries:
        return [f"{result.environment} is in no commit"]
    rows = [("when", "release", "by", "commit", "pull request", "subject")]
    rows += [_row(one) for one in result.entries]
    lines = []
    for entry, line in zip((None, *result.entries), table(rows), strict=True):
        lines.append(line)
        if entry is not None and entry.release is None:
            lines += [f"  {line}" for line in _why(entry)]
    last = {
        "beginning": f"{result.environment} begins there",
        "limit": f"there are older ones: --limit {2 * len(result.entries)}",
        "shallow": "what was before is not in this clone: git fetch --unshallow gets it",
        "bound": "no older commits are looked at",
    }[result.end]
    return [*lines, last]


def _row(entry: HistoryEntry) -> tuple[str, str, str, str, str, str]:
    release = {"running": entry.release or "none", "absent": "-", "broken": "-"}[entry.state]
    return (
        f"{entry.when:%Y-%m-%d %H:%MZ}{'' if entry.begun else ' or before'}",
        release,
        _short(entry.author, 24),
        entry.commit[:12],
        entry.pull_request or "-",
        _short(entry.subject, 72),
    )


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _why(entry: HistoryEntry) -> list[str]:
    """Say why no release ran as a whole."""
    if entry.state != "running":
        return [entry.note]
    changes = [
        f"{one.image} {', '.join(one.before) or 'not run'} -> {', '.join(one.after) or 'not run'}"
        for one in entry.changes
    ]
    return ["no release as a whole", *changes]
