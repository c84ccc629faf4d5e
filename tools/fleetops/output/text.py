"""Results for a person, plain enough for a log."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import TYPE_CHECKING

# The types of the arguments decide at run time which function it is.
from fleetops.api.results import (  # noqa: TC001
    Capture,
    Clusters,
    Comparison,
    Delivery,
    Doctor,
    EnvironmentPromotion,
    Failure,
    Finding,
    History,
    HistoryEntry,
    Initialisation,
    Lag,
    Promotion,
    Rehearsal,
    Releases,
    Report,
    Result,
    ServiceStatus,
    Status,
    Validation,
    Wait,
)
from fleetops.manifests import split_image
from fleetops.output.findings import finding
from fleetops.output.groups import grouped, unreached
from fleetops.output.live import live_lines
from fleetops.words import count, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.api.results import Acceptance

_BEGINNING = re.compile(r"^(\s*):(?=:)")
HASH = re.compile(r"#(?=#\w*\[)")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def as_text(result: Result, *, colour: bool = False) -> str:
    """Write a result as lines; what a terminal or a CI runner would obey comes out as its code.

    With `colour`, what differs between two states is told apart by it.
    """
    written = map(clean, _lines(result))
    if colour and isinstance(result, Comparison):
        from fleetops.output.colour import coloured

        written = map(coloured, written)
    return "\n".join(written)


def clean(line: str) -> str:
    """Make a line of it that does nothing, whatever a hostile repository has put into it.

    Control characters and line feeds come out as their codes, and so does what CI runners take for
    a command: `::` at the beginning of a line, GitHub's `##[` and Azure's `##vso[` anywhere in it.
    """
    line = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)
    return _BEGINNING.sub(r"\1\\x3a", HASH.sub(r"\\x23", line))


@singledispatch
def _lines(result: Result) -> list[str]:
    raise TypeError(type(result))


@_lines.register
def _(result: Validation) -> list[str]:
    groups = grouped(result.findings)
    errors = sum(one.finding.severity == "error" for one in groups)
    said = f"{count(errors, 'error')}, {count(len(groups) - errors, 'warning')}"
    said = said if groups else "ok"
    summary = f"{named(result.environments)}: {count(result.manifests, 'manifest')}, {said}"
    if left := unreached(result.unreached):
        none = f"the change reaches no environment: {said}"
        summary = f"{summary if result.environments else none}; {left}"
    accepted = [line for one in result.accepted for line in _acceptance(one)]
    return [*_findings(result.findings), *accepted, summary]


@_lines.register
def _(result: Promotion) -> list[str]:
    lines = [line for one in result.environments for line in _promoted(one, result.release)]
    changed = [one for one in result.environments if one.outcome != "unchanged"]
    if not changed:
        return lines
    lines += [
        "proven: the render changes in these images and nowhere else",
        *_findings(result.findings),
        *(line for one in result.accepted for line in _acceptance(one)),
    ]
    files = ", ".join(dict.fromkeys(one.file for one in changed))
    if changed[0].outcome == "planned":
        diffs = [line for one in changed for line in one.diff.splitlines()]
        return [*lines, *diffs, f"dry run: {files} would be written"]
    if not result.deliveries:
        return [*lines, f"wrote {files}; commit it, and the controller syncs it"]
    return [*lines, *map(_delivered, result.deliveries)]


def _promoted(promotion: EnvironmentPromotion, release: str) -> list[str]:
    if promotion.outcome == "unchanged":
        return [f"{promotion.environment} runs {release} already; nothing changes"]
    before = promotion.before or "no release as a whole"
    rows = [
        (f"  {change.service}", *_versions(change.before, change.after), change.resource)
        for change in promotion.changes
    ]
    verb = {"planned": "would go", "promoted": "goes"}[promotion.outcome]
    return [f"{promotion.environment} {verb} from {before} to {release}", *_table(rows)]


def _delivered(delivery: Delivery) -> str:
    where = delivery.branch or "a HEAD that is on no branch"
    request = delivery.pull_request
    if request:
        return f"{request.outcome} pull request {request.number}: {request.url}"
    if delivery.remote:
        return f"pushed commit {delivery.commit[:12]} to {where} of {delivery.remote}"
    return f"commit {delivery.commit[:12]} on {where}"


@_lines.register
def _(result: Rehearsal) -> list[str]:
    before = result.before or "no release as a whole"
    same = [one for one in result.objects if one.outcome == "unchanged"]
    rows = [
        (f"  {one.outcome}", one.resource, f"({one.message})" if one.outcome == "kept" else "")
        for one in result.objects
        if one.outcome != "unchanged"
    ]
    pods = [f"{one.resource} {one.pods}" for one in result.pods]
    out = [f"{one.service} {one.seconds:.1f} s" for one in result.services if one.seconds]
    claims = [
        f"{one.claim} {one.outcome}, {one.phase or 'gone'} {one.volume}".rstrip()
        for one in result.claims
    ]
    lines = [
        (
            f"{result.environment} from {before} to {result.release}, on Kubernetes"
            f" {result.kubernetes.removeprefix('v')}, begun with {result.start}"
        ),
        *(_table(rows) if rows else []),
        f"  unchanged: {count(len(same), 'object')}",
        f"pods replaced: {', '.join(pods) or 'none'}",
        f"Services without a ready pod meanwhile: {', '.join(out) or 'none'}",
        f"claims: {', '.join(claims) or 'none'}",
    ]
    if result.stood_in:
        lines.append(f"volumes were made without their drivers: {', '.join(result.stood_in)}")
    if result.kubeconfig:
        lines.append(f"the cluster is kept: {result.kubeconfig}")
    errors = sum(one.severity == "error" for one in result.findings)
    return [
        *lines,
        *_findings(result.findings),
        "no container ran: that the images exist and work, and how long they take, is not tested",
        f"refused: {count(errors, 'error')}" if errors else f"rehearsed in {result.seconds:.1f} s",
    ]


@_lines.register
def _(result: Comparison) -> list[str]:
    from fleetops.output.changes import headline, lines, title

    said = [title(result)]
    for change in result.environments:
        said += [headline(change), *(f"  {line}" for line in lines(change))]
    said += [finding(one, one.rule) for change in result.environments for one in change.dangers]
    return said


@_lines.register
def _(result: Status) -> list[str]:
    services = [one.service for one in result.environments[0].services]
    rows = [("environment", "release", *services)]
    lines = []
    for environment in result.environments:
        name, live = environment.environment, environment.live
        rows.append((name, environment.release or "none", *_cells(environment.services)))
        if live is not None:
            if live.rollouts:
                rows.append(("  live", live.release or "none", *_cells(live.services)))
            lines += [f"{name}, live:", *live_lines(live)]
    off = [f"{one.environment}: {line}" for one in result.environments for line in one.off]
    lags = [
        f"{one.environment}: {_behind(one.lag)}"
        for one in result.environments
        if one.lag is not None
    ]
    return [*_table(rows), *lags, *off, *_cluster_lines(result), *lines]


def _cells(services: Sequence[ServiceStatus]) -> list[str]:
    return [
        ", ".join(version.removeprefix(":") for version in one.versions) or "-" for one in services
    ]


def _cluster_lines(result: Status) -> list[str]:
    cluster = result.cluster
    if cluster is None:
        return []
    absent = [one.environment for one in result.environments if one.live is None]
    return [
        f"cluster: {cluster.context}, Kubernetes {cluster.kubernetes.removeprefix('v')}",
        *([f"nothing of it is there: {', '.join(absent)}"] if absent else []),
        *([] if cluster.commit else ["this work tree has no commit to compare with"]),
        *(f"not seen: {note}" for note in cluster.notes),
    ]


@_lines.register
def _(result: Wait) -> list[str]:
    where = f"in the cluster {result.cluster.context}"
    last = {
        "reached": f"{result.environment} runs {result.release} {where}",
        "timeout": f"{result.environment} does not run {result.release} {where}, it was waited for",
        "failed": f"{result.environment} does not come to run {result.release} {where}",
    }[result.outcome]
    return [
        *(f"waiting: {line}" for line in result.waiting),
        *live_lines(result.live),
        *(f"not seen: {note}" for note in result.cluster.notes),
        f"{last} ({result.seconds:.1f} s)",
    ]


def _behind(lag: Lag) -> str:
    many = f"{count(lag.releases, 'release')}{' or more' if lag.at_least else ''}"
    since = f" since {lag.since:%Y-%m-%d %H:%MZ}" if lag.since else ""
    return f"{many} behind {lag.environment}{since}"


@_lines.register
def _(result: Report) -> list[str]:
    parts = (result.status, result.validation, result.comparison)
    first, *more = (_lines(one) for one in parts if one is not None)
    return [*first, *(line for lines in more for line in ("", *lines))]


@_lines.register
def _(result: History) -> list[str]:
    if not result.entries:
        return [f"{result.environment} is in no commit"]
    rows = [("when", "release", "by", "commit", "pull request", "subject")]
    rows += [_history_row(one) for one in result.entries]
    lines = []
    for entry, line in zip((None, *result.entries), _table(rows), strict=True):
        lines.append(line)
        if entry is not None and entry.release is None:
            lines += [f"  {line}" for line in _history_lines(entry)]
    last = {
        "beginning": f"{result.environment} begins there",
        "limit": f"there are older ones: --limit {2 * len(result.entries)}",
        "shallow": "what was before is not in this clone: git fetch --unshallow gets it",
        "bound": "no older commits are looked at",
    }[result.end]
    return [*lines, last]


def _history_row(entry: HistoryEntry) -> tuple[str, str, str, str, str, str]:
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


def _history_lines(entry: HistoryEntry) -> list[str]:
    """Say why no release ran as a whole."""
    if entry.state != "running":
        return [entry.note]
    changes = [
        f"{one.image} {', '.join(one.before) or 'not run'} -> {', '.join(one.after) or 'not run'}"
        for one in entry.changes
    ]
    return ["no release as a whole", *changes]


@_lines.register
def _(result: Releases) -> list[str]:
    rows = [("release", "runs on", "description")]
    rows += [
        (one.release, ", ".join(one.environments) or "-", one.description)
        for one in result.releases
    ]
    return [*_table(rows), *result.notes]


@_lines.register
def _(result: Capture) -> list[str]:
    rows = [(f"  {service}", image) for service, image in result.images.items()]
    last = f"wrote {result.file}, which is what {result.environment} runs"
    return [*_table(rows), *result.notes, last]


@_lines.register
def _(result: Initialisation) -> list[str]:
    rows = [("environment", "overlay"), *result.environments.items()]
    files = [result.file, *(f"{result.catalogue}/{name}.yaml" for name in result.releases)]
    return [*_table(rows), *result.notes, f"wrote {', '.join(files)}: read them, and commit them"]


@_lines.register
def _(result: Doctor) -> list[str]:
    rows = [("program", "version", "found", "where")]
    notes = []
    optional = [one for one in result.programs if one.optional and one.fix]
    for one in result.programs:
        missing = "optional" if one.optional else "missing"
        rows.append((one.name, one.version or "-", one.origin or missing, one.path or "-"))
        if one.note and not one.optional:
            notes.append(f"{one.name}: {one.note}")
        if one.fix and not one.optional:
            notes.append(f"{one.name} {one.accepted} is needed: {one.fix}")
    if optional:
        notes.append(f"the optional ones are for fleetops cluster: {optional[0].fix}")
    return [*_table(rows), *notes, *(["all that is needed is there"] if result.ok else [])]


@_lines.register
def _(result: Clusters) -> list[str]:
    if not result.clusters:
        return ["there is no cluster"]
    if all(one.state == "ended" for one in result.clusters):
        return [f"ended {', '.join(one.name for one in result.clusters)}"]
    rows = [("cluster", "state", "server", "memory", "kubeconfig")]
    notes = []
    for one in result.clusters:
        memory = f"{sum(part.memory for part in one.parts) >> 20} MiB" if one.parts else "-"
        rows.append((one.name, one.state, one.server or "-", memory, one.kubeconfig or "-"))
        if one.note:
            notes += [f"{one.name}: {one.note}", *(f"    {line}" for line in one.log)]
    return [*_table(rows), *notes]


@_lines.register
def _(result: Failure) -> list[str]:
    place = f"{result.file}:{result.line}" if result.line else result.file
    message = f"{place}: {result.message}" if place else result.message
    hint = [f"  {line}" for line in (result.hint or "").splitlines()]
    log = [f"    {line}" for line in result.log]
    return [*_findings(result.findings), f"fleetops: {message}", *log, *hint]


def _findings(findings: Sequence[Finding]) -> list[str]:
    groups = grouped(findings)
    return [finding(one.finding, one.finding.check, one.where) for one in groups]


def _acceptance(acceptance: Acceptance) -> list[str]:
    said = [finding(one, one.rule, weight="accepted") for one in acceptance.dangers]
    return [*said, f"accepted {acceptance.rule}: {acceptance.because}"]


def _versions(before: str, after: str) -> tuple[str, str, str]:
    """Say what a container comes to run: versions only, where the image is the same."""
    old, new = split_image(before), split_image(after)
    if old.name != new.name:
        return before, "->", after
    return old.version.removeprefix(":"), "->", new.version.removeprefix(":")


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
