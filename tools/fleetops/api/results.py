"""The results, which are also what `--output json` prints and `fleetops schema` describes."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - the type of a field, which msgspec reads
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from fleetops.errors import FleetopsError


class Result(Struct, frozen=True, kw_only=True, tag_field="command"):
    """What every result says of itself."""

    version: Literal[1] = 1
    """Of this format; it grows when a field changes its meaning."""


class Finding(Struct, frozen=True, kw_only=True):
    """Something that a check says of an environment."""

    check: str
    """The ID that `fleetops explain` takes."""
    severity: Literal["error", "warning"]
    environment: str
    message: str
    resource: str | None = None
    """As in `Deployment/fleetman/queue`: kind, namespace if it has one, name."""
    path: str = ""
    """Where in the rendered object, as in `spec.replicas`."""
    file: str | None = None
    """Where in the repository, as far as it can be traced."""
    line: int | None = None


class Danger(Struct, frozen=True, kw_only=True):
    """Something that a rule foretells of a change, or a gate asks for."""

    rule: str
    """The ID that `fleetops explain` takes."""
    severity: Literal["refuse", "warn"]
    environment: str
    message: str
    resource: str | None = None
    """None for a gate's."""
    path: str = ""
    """Where in the rendered object."""
    file: str
    """The file that says so; of what is removed, the one that said it."""
    line: int | None = None


class Acceptance(Struct, frozen=True, kw_only=True):
    """A danger rule or gate that is accepted for a change, and why."""

    rule: str
    because: str
    dangers: tuple[Danger, ...]
    """What it would have refused."""


class Validation(Result, frozen=True, kw_only=True, tag="validate"):
    """The result of a validation."""

    ok: bool
    """False where a finding is an error."""
    environments: tuple[str, ...]
    """Those that were looked at."""
    unreached: tuple[str, ...] = ()
    """With --from: those that the change does not reach, and that were not looked at."""
    manifests: int
    """How many were looked at, over all environments."""
    findings: tuple[Finding, ...]
    accepted: tuple[Acceptance, ...] = ()
    """What would have been a finding too."""


class Change(Struct, frozen=True, kw_only=True):
    """A container that comes to run another image."""

    service: str
    resource: str
    container: str
    before: str
    after: str


class EnvironmentPromotion(Struct, frozen=True, kw_only=True):
    """What a promotion changes in an environment."""

    environment: str
    before: str | None
    """The release that ran until now, None where it was none as a whole."""
    file: str
    """The file that holds the environment's images."""
    outcome: Literal["promoted", "planned", "unchanged"]
    """`planned` with --dry-run; `unchanged` where the environment runs the release already."""
    changes: tuple[Change, ...] = ()
    diff: str = ""
    """What changes in the file, as a unified diff."""


class PullRequest(Struct, frozen=True, kw_only=True):
    """The pull request of a promotion."""

    url: str
    number: int
    outcome: Literal["opened", "updated"]


class Delivery(Struct, frozen=True, kw_only=True):
    """The commit of a promotion, and where it went."""

    commit: str
    branch: str | None
    """The branch that it is on, None for a HEAD that is on none."""
    remote: str | None = None
    """Where it was pushed to."""
    pull_request: PullRequest | None = None


class Promotion(Result, frozen=True, kw_only=True, tag="promote"):
    """The result of a promotion that was not refused."""

    release: str
    rollback: bool = False
    """Whether the release is gone back to."""
    environments: tuple[EnvironmentPromotion, ...]
    findings: tuple[Finding, ...] = ()
    """Warnings; an error would have refused the promotion."""
    accepted: tuple[Acceptance, ...] = ()
    """The dangers that would have refused it."""
    deliveries: tuple[Delivery, ...] = ()
    """One with --commit, --branch and --push; with --pr one for each environment."""


class ObjectOutcome(Struct, frozen=True, kw_only=True):
    """What became of an object in a rehearsal."""

    resource: str
    outcome: Literal["created", "changed", "unchanged", "refused", "replaced", "pruned", "kept"]
    message: str = ""
    """The API server's words where it refuses; the controllers whose guards kept it."""


class ReplacedPods(Struct, frozen=True, kw_only=True):
    """A workload of which pods were replaced."""

    resource: str
    pods: int


class ServiceOutage(Struct, frozen=True, kw_only=True):
    """The time that a Service was without a ready pod, of those that had one before."""

    service: str
    seconds: float


class ClaimOutcome(Struct, frozen=True, kw_only=True):
    """What became of a claim that was there before, or is new."""

    claim: str
    phase: str
    volume: str
    outcome: Literal["same", "new", "lost", "replaced", "unbound"]
    """`same` has its UID, volume and phase of before."""


class Rehearsal(Result, frozen=True, kw_only=True, tag="rehearse"):
    """The result of a rehearsal."""

    ok: bool
    """False where a finding is an error."""
    release: str
    environment: str
    start: str
    """What it began with: `the work tree`, or a commit."""
    before: str | None
    """The release that ran at the beginning, None where it was none as a whole."""
    kubernetes: str
    """The version of the API server."""
    objects: tuple[ObjectOutcome, ...]
    """By the order of application, then what left the render."""
    pods: tuple[ReplacedPods, ...]
    services: tuple[ServiceOutage, ...]
    claims: tuple[ClaimOutcome, ...]
    stood_in: tuple[str, ...]
    """The CSI drivers whose volumes were made without them."""
    findings: tuple[Finding, ...]
    kubeconfig: str | None = None
    """That of the cluster, where it is kept."""
    seconds: float
    """From the first object applied to the last one arrived, without the cluster's own start."""


class FieldChange(Struct, frozen=True, kw_only=True):
    """A field, or an item of a list, that is not the same in two renders."""

    path: str
    """As in `spec.template.spec.containers[web].image`."""
    outcome: Literal["added", "removed", "changed", "moved"]
    """`moved` where a list has the same items in another order."""
    before: Any = None
    after: Any = None
    hidden: bool = False
    """True where a secret is not shown; `…` stands for it."""
    reason: Literal["default", "notation", "order"] | None = None
    """Why it changes nothing, of what is shown with --all only: the API server fills in the same
    where nothing is written, it is the same quantity or duration, or the order means nothing."""
    file: str
    """The file that says so; of what is removed, the one that said it."""
    line: int | None


class ObjectChange(Struct, frozen=True, kw_only=True):
    """An object that is not the same in two renders."""

    resource: str
    outcome: Literal["added", "removed", "changed"]
    formerly: str | None = None
    """Its name before, where that is generated and has another hash now."""
    fields: tuple[FieldChange, ...] = ()
    """Of a changed one."""
    file: str
    line: int | None


class EnvironmentChange(Struct, frozen=True, kw_only=True):
    """What is not the same in an environment."""

    environment: str
    outcome: Literal["unchanged", "changed", "added", "removed", "broken"]
    """`broken` where one of the two states cannot be rendered."""
    objects: tuple[ObjectChange, ...] = ()
    left_out: dict[str, int] = {}
    """How many differences change nothing, by the reason."""
    dangers: tuple[Danger, ...] = ()
    problem: str | None = None
    """Why it cannot be rendered."""


class Comparison(Result, frozen=True, kw_only=True, tag="diff"):
    """Two states of the repository, as a controller would apply them."""

    ok: bool
    """False where an environment is broken."""
    start: str
    """A commit, or `the work tree`."""
    end: str
    environments: tuple[EnvironmentChange, ...]


class ServiceStatus(Struct, frozen=True, kw_only=True):
    """What an environment runs of a service."""

    service: str
    image: str
    versions: tuple[str, ...]
    """As in `:release2`; none where it does not run, several where its workloads differ."""
    expected: str | None = None
    """The version in the environment's release; None where that does not have the service."""


class CommitStatus(Struct, frozen=True, kw_only=True):
    """A commit, and how far it is from the work tree's."""

    commit: str
    """Its full name."""
    relation: Literal["same", "behind", "ahead", "diverged", "absent", "unknown"]
    """`absent` where this repository does not have it, `unknown` where there is no git or commit to
    compare it with."""
    behind: int = 0
    """How many commits the work tree has that it has not."""
    ahead: int = 0
    """How many it has that the work tree has not."""
    changed: bool = False
    """Whether the files of the environment's overlay differ between the two."""


class SyncStatus(Struct, frozen=True, kw_only=True):
    """What a GitOps controller says of an environment."""

    controller: Literal["argocd", "flux"]
    resource: str
    """The Application or Kustomization."""
    repository: str
    """The URL that it syncs from; empty where it does not say."""
    states: tuple[str, ...]
    """In its own words, as in `OutOfSync` and `Healthy`."""
    ok: bool
    """It says that all of `applied` is in the cluster, and healthy."""
    failed: bool
    """It says that the sync of `attempted`, the newest that it knows of, has failed."""
    applied: CommitStatus | None
    """The commit whose objects it has brought into the cluster, None where there is none."""
    attempted: CommitStatus | None
    """The newest commit that it has looked at; likewise."""
    messages: tuple[str, ...]
    """What it complains of in its own words, and in those of the API server where that refused."""
    elsewhere: str | None
    """The cluster that it syncs into, None where that is the one that it is in."""


class RolloutStatus(Struct, frozen=True, kw_only=True):
    """A workload or claim of the render, as it is in a cluster."""

    resource: str
    waits_for: str | None
    """What it waits for, None where it has arrived."""


class DriftStatus(Struct, frozen=True, kw_only=True):
    """A container that runs another image in a cluster than its render says."""

    resource: str
    container: str
    live: str | None
    """None where it is not in the cluster."""
    rendered: str | None
    """None where it is not in the render."""


class LiveStatus(Struct, frozen=True, kw_only=True):
    """What a cluster runs of an environment."""

    release: str | None
    """The release that it runs as a whole."""
    services: tuple[ServiceStatus, ...]
    syncs: tuple[SyncStatus, ...]
    """None where neither an Application nor a Kustomization has its overlay as path."""
    rollouts: tuple[RolloutStatus, ...]
    """None where everything that syncs it does so into another cluster."""
    drift: tuple[DriftStatus, ...]


class ClusterSeen(Struct, frozen=True, kw_only=True):
    """A cluster that was looked at."""

    context: str
    kubernetes: str
    """The version of its API server."""
    commit: str | None
    """The work tree's, None where there is no git or no commit."""
    notes: tuple[str, ...] = ()
    """What could not be seen, and why."""


class Lag(Struct, frozen=True, kw_only=True):
    """How far an environment is behind the one before it."""

    environment: str
    """The one before."""
    releases: int
    """How many ran there since it ran the release that this one runs, or ever if it never did."""
    at_least: bool
    """True where Git was not gone back over as far as that."""
    since: datetime | None
    """When the first of them was committed; None where that is not seen, or none is yet."""


class EnvironmentStatus(Struct, frozen=True, kw_only=True):
    """What an environment runs."""

    environment: str
    release: str | None
    """The release that it runs as a whole."""
    services: tuple[ServiceStatus, ...]
    off: tuple[str, ...] = ()
    """What is not as it should be."""
    live: LiveStatus | None = None
    """What the cluster of --live runs of it; None where nothing of it was found there."""
    lag: Lag | None = None
    """None where both run the same release, one of them none as a whole or was not looked at, or
    there is no Git."""


class Status(Result, frozen=True, kw_only=True, tag="status"):
    """The matrix of environments, services and versions."""

    environments: tuple[EnvironmentStatus, ...]
    cluster: ClusterSeen | None = None
    """With --live, the cluster."""


class Wait(Result, frozen=True, kw_only=True, tag="wait"):
    """The result of waiting for a release."""

    ok: bool
    """Whether the environment runs it in the cluster."""
    environment: str
    release: str
    outcome: Literal["reached", "timeout", "failed"]
    """`failed` as soon as a controller says that the sync of its newest commit has failed."""
    waiting: tuple[str, ...]
    """What was still waited for."""
    live: LiveStatus
    cluster: ClusterSeen
    seconds: float


class VersionChange(Struct, frozen=True, kw_only=True):
    """An image that came to run in another version."""

    image: str
    before: tuple[str, ...]
    """As in `:release2`; none where it did not run."""
    after: tuple[str, ...]


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """A commit with which an environment came to run something else."""

    commit: str
    when: datetime
    """When it was committed, by the clock of whoever did."""
    author: str
    subject: str
    pull_request: str | None
    """As in `#12` or `!12`, as far as the message tells."""
    state: Literal["running", "absent", "broken"]
    release: str | None
    """None where no release ran as a whole."""
    note: str = ""
    """Why it was not running."""
    changes: tuple[VersionChange, ...] = ()
    """Against what ran before, where both are known."""
    begun: bool = True
    """False where it may have been so before this commit: what was before is not known."""


class History(Result, frozen=True, kw_only=True, tag="history"):
    """What an environment ran, from Git alone."""

    environment: str
    entries: tuple[HistoryEntry, ...]
    """The newest first."""
    end: Literal["beginning", "limit", "shallow", "bound"]
    """Why there are no more: with the `beginning` of the environment, or because no more were asked
    for, the clone is shallow, or no more commits are looked at."""


class ReleaseSummary(Struct, frozen=True, kw_only=True):
    """A release of the catalogue."""

    release: str
    description: str
    images: dict[str, str]
    """By service, the whole reference."""
    environments: tuple[str, ...]
    """Where it runs."""


class Releases(Result, frozen=True, kw_only=True, tag="releases"):
    """The catalogue."""

    releases: tuple[ReleaseSummary, ...]
    notes: tuple[str, ...] = ()
    """The environments of which it is not known what they run, and why."""


class Capture(Result, frozen=True, kw_only=True, tag="capture"):
    """A release that was written down from what an environment runs."""

    release: str
    environment: str
    file: str
    images: dict[str, str]
    """By service, as references."""
    notes: tuple[str, ...]
    """What is not part of it, and why."""


class Initialisation(Result, frozen=True, kw_only=True, tag="init"):
    """A fleetops.yaml that was written, and a first catalogue."""

    file: str
    environments: dict[str, str]
    """Name to overlay, in their order."""
    catalogue: str
    releases: tuple[str, ...]
    notes: tuple[str, ...]
    """What could not be read or rendered, or is not part of a release, and why."""


class ProgramStatus(Struct, frozen=True, kw_only=True):
    """What there is of a program."""

    name: str
    accepted: str
    """The versions that fleetops works with."""
    version: str | None
    path: str | None
    origin: str | None
    note: str | None
    fix: str | None
    """The one command that puts it right."""
    optional: bool = False
    """Only `fleetops cluster` needs it."""


class Doctor(Result, frozen=True, kw_only=True, tag="doctor"):
    """The programs that fleetops needs."""

    ok: bool
    programs: tuple[ProgramStatus, ...]


class PartStatus(Struct, frozen=True, kw_only=True):
    """A process of a cluster."""

    name: str
    process: int
    memory: int
    """Resident, in bytes."""


class ClusterStatus(Struct, frozen=True, kw_only=True):
    """What there is of a throwaway cluster."""

    name: str
    state: Literal["starting", "ready", "broken", "ended"]
    server: str | None = None
    """The URL of its API server; like what follows, of a ready one only."""
    kubeconfig: str | None = None
    parts: tuple[PartStatus, ...] = ()
    note: str | None = None
    """Which part of a broken one ended, and how."""
    log: tuple[str, ...] = ()
    """The last lines that this part printed."""


class Clusters(Result, frozen=True, kw_only=True, tag="cluster"):
    """Throwaway clusters: the one that is up now, those that were ended, or all."""

    clusters: tuple[ClusterStatus, ...]


class Report(Result, frozen=True, kw_only=True, tag="report"):
    """What runs, what is wrong with it, and what a change does to it."""

    repository: str
    """The name of its folder."""
    commit: str | None
    """What is checked out, None where there is no Git or no commit."""
    made: datetime
    status: Status
    validation: Validation
    comparison: Comparison | None
    """None without --from."""


class Failure(Result, frozen=True, kw_only=True, tag="error"):
    """What is printed instead of a result where there is none."""

    message: str
    file: str | None = None
    line: int | None = None
    log: tuple[str, ...] = ()
    """The last lines of the program that it is about."""
    hint: str | None = None
    exit_code: int
    findings: tuple[Finding, ...] = ()
    """What refused the promotion, where checks did."""


RESULTS: dict[str, type[Result]] = {
    "promote": Promotion,
    "rehearse": Rehearsal,
    "validate": Validation,
    "diff": Comparison,
    "status": Status,
    "wait": Wait,
    "history": History,
    "releases": Releases,
    "capture": Capture,
    "init": Initialisation,
    "doctor": Doctor,
    "cluster": Clusters,
    "report": Report,
    "error": Failure,
}
"""By the value of `command`."""


def failure(error: FleetopsError) -> Failure:
    """Make a result of an error."""
    return Failure(
        # What stood on the command line need not be text.
        message=error.message.encode(errors="backslashreplace").decode(),
        file=error.place.path if error.place else None,
        line=error.place.line if error.place else None,
        log=tuple(error.log),
        hint=error.hint,
        exit_code=error.exit_code,
        findings=getattr(error, "findings", ()),
    )
