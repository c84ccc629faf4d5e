"""Checks whose findings are made elsewhere: their pages and severities are kept with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.checks.interface import Check
from fleetops.manifests import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Problem, Scene


def unrenderable(_scene: Scene) -> Iterator[Problem]:
    """The environment cannot be rendered.

    A controller could not render it either, or it leads out of the repository, which is not
    followed here: a file that is missing or is not YAML, a circle of bases, a link to somewhere
    else, a URL that `remotes` in fleetops.yaml does not allow or that names no commit, a Helm chart
    that is not in the repository or not allowed by `helm`, more than the limits of time and size.
    Nothing else can be said of the environment until that is put right.
    """
    yield from ()


def schema(_scene: Scene) -> Iterator[Problem]:
    """An object does not match its schema.

    The API server of the named Kubernetes minor would refuse the object, or drop a field without a
    word: a field that does not exist, a value of the wrong type, a word that is not one of those
    allowed. kubeconform says so, strictly and offline, from schemas generated from the sources of
    that minor. Correct the field on the line that is named.
    """
    yield from ()


def unknown_kind(_scene: Scene) -> Iterator[Problem]:
    """No schema is known for an object.

    Nothing can be said of an object whose kind has no schema, so it does not pass. Either its
    apiVersion or kind is misspelt or gone from that Kubernetes minor, or it is a custom resource:
    then put its CustomResourceDefinition where `schemas` in fleetops.yaml leads, or name it among
    the environment's prerequisites. One that the render has itself counts for it.
    """
    yield from ()


def unused_exception(_scene: Scene) -> Iterator[Problem]:
    """An exception in fleetops.yaml excuses nothing.

    The resource that it names is gone, or no longer has the finding. An exception that outlives its
    reason would silently excuse the next mistake: take it out of fleetops.yaml.
    """
    yield from ()


def api_server(_scene: Scene) -> Iterator[Problem]:
    """The API server refuses an object.

    In a rehearsal or with `validate --on-cluster` the object was really created or changed on a
    Kubernetes, and this is what its API server said. No schema knows all of it: quantities, names,
    duplicates, what cannot be changed once it is there, what admission lets in. Correct the field
    that it names; where it is one that cannot be changed, the object needs another name, or has to
    be replaced by hand in a window that you choose.
    """
    yield from ()


def api_server_warning(_scene: Scene) -> Iterator[Problem]:
    """The API server takes an object, and warns.

    It says of the object that it will not do what it seems to say, or not for long: an API that is
    going away, a field that does nothing, a pod that the namespace's Pod Security level will not
    admit, whose Deployment would stay without pods. Heed it before it becomes a refusal.
    """
    yield from ()


def rollout(_scene: Scene) -> Iterator[Problem]:
    """A rollout does not finish.

    In a rehearsal every object was taken, but a workload's pods did not all come up, a claim was
    not Bound, or a Job did not complete: pods that admission refuses or no node takes, a quota that
    is too small, a claim whose class or volume is not there. What the controllers said stands
    behind it. What comes with the cluster, a class or a Secret, is named under
    `prerequisites` of the environment in fleetops.yaml.
    """
    yield from ()


def claim_lost(_scene: Scene) -> Iterator[Problem]:
    """A claim does not live through the promotion.

    It had a volume before the promotion and is gone, is another one, or is no longer Bound after
    it. What stood in the volume would be lost, or out of the pods' reach. Keep the claim in the
    render under its name, with the annotations that guard it against pruning.
    """
    yield from ()


def service_without_endpoints(_scene: Scene) -> Iterator[Problem]:
    """A Service has no ready pod after a promotion.

    In a rehearsal everything had time to come up, and nothing stands behind the Service: its
    selector matches no pod, or the pods that it matches are not ready. Whoever calls it would be
    refused.
    """
    yield from ()


def half_guarded(_scene: Scene) -> Iterator[Problem]:
    """An object that leaves the render is guarded against one controller only.

    A promotion takes it out of the render. It carries the annotation that keeps Argo CD or Flux
    from pruning it, but not that of the other one. Give it both, or leave it in the render.
    """
    yield from ()


def release_too_young(_scene: Scene) -> Iterator[Problem]:
    """A release has not run long enough in the environment before.

    `runs_before` in fleetops.yaml says how long it has to run there before it comes here. Git tells
    since when: from the commit on the current branch with which the environment before came to run
    the release, by that commit's time. Wait until the time that is named; in a shallow clone, fetch
    the history first. A rollback does not ask for it.
    """
    yield from ()


def environment_frozen(_scene: Scene) -> Iterator[Problem]:
    """The environment is frozen.

    No release comes into the environment in the times that `freeze` in fleetops.yaml names, with
    their reason; nor does one leave it, so a rollback is refused too. Wait until the end that is
    named; what cannot wait is accepted with `--accept environment-frozen --because "…"`.
    """
    yield from ()


def danger_unknown(_scene: Scene) -> Iterator[Problem]:
    """What a change is in danger of cannot be told.

    The environment cannot be rendered as it was, at the revision that the change comes from: what
    was broken there is repaired, or it is in a submodule, which is not read of a commit. No danger
    rule has been run, and every gate counts the change as one of what runs. Who has looked at what
    leaves and what changes accepts it with `--accept danger-unknown --because "…"`.
    """
    yield from ()


def file_without_owner(_scene: Scene) -> Iterator[Problem]:
    """A file of an overlay has no owner who would have to approve its change.

    `approvals: codeowners` in fleetops.yaml asks that a CODEOWNERS file gives every file of the
    environment's overlay an owner, so that the forge can ask that owner before a change is merged.
    There is no such file, a line without owners comes last, or no line matches. Add a line such as
    `/overlays/aws/ @org/operators` at its end, and let the forge require the owners' approval:
    whether it does is not seen from here.
    """
    yield from ()


def safeguard_loosened(_scene: Scene) -> Iterator[Problem]:
    """A change takes away from what decides about it.

    `validate --from REF` judges a change by what fleetops.yaml says at REF: its gates, registries,
    remotes, exceptions, minors, schemas, and the CODEOWNERS files where an environment asks for
    approvals. Here the change makes one of them weaker, or other in a way that cannot be told from
    weaker: an exception, a registry, a remote, a schema or a context more, Helm charts, a minor or
    a gate less, an environment gone, in another order or with another overlay. It is not heeded
    unless somebody who may decide that, not the change itself, says so with `--accept
    safeguard-loosened --because "…"`. Then its exceptions, minors, schemas, remotes and charts hold
    at once; gates and registries from its merge on, each having an `--accept` of its own.
    """
    yield from ()


def safeguard_changed(_scene: Scene) -> Iterator[Problem]:
    """A change alters what decides, and makes it stricter.

    A gate is new or longer, an exception or a registry is gone, an environment or a minor has come,
    or there was no fleetops.yaml before, so that the one of the change decides about itself.
    Whoever is to agree with the change should know; nothing else has to be done.
    """
    yield from ()


UNRENDERABLE = Check(unrenderable, Severity.ERROR)
SCHEMA = Check(schema, Severity.ERROR)
UNKNOWN_KIND = Check(unknown_kind, Severity.ERROR)
UNUSED_EXCEPTION = Check(unused_exception, Severity.WARNING)
API_SERVER = Check(api_server, Severity.ERROR)
API_SERVER_WARNING = Check(api_server_warning, Severity.WARNING)
ROLLOUT = Check(rollout, Severity.ERROR)
CLAIM_LOST = Check(claim_lost, Severity.ERROR)
SERVICE_WITHOUT_ENDPOINTS = Check(service_without_endpoints, Severity.ERROR)
HALF_GUARDED = Check(half_guarded, Severity.WARNING)
RELEASE_TOO_YOUNG = Check(release_too_young, Severity.ERROR)
ENVIRONMENT_FROZEN = Check(environment_frozen, Severity.ERROR)
FILE_WITHOUT_OWNER = Check(file_without_owner, Severity.ERROR)
DANGER_UNKNOWN = Check(danger_unknown, Severity.ERROR)
GATES = (RELEASE_TOO_YOUNG, ENVIRONMENT_FROZEN, FILE_WITHOUT_OWNER, DANGER_UNKNOWN)
"""What an environment can ask for in fleetops.yaml, and what can be accepted like a danger."""
SAFEGUARD_LOOSENED = Check(safeguard_loosened, Severity.ERROR)
SAFEGUARD_CHANGED = Check(safeguard_changed, Severity.WARNING)
SAFEGUARDS = (SAFEGUARD_LOOSENED, SAFEGUARD_CHANGED)
"""What is said of a change of what decides, and can be accepted likewise."""
CHECKS = (
    UNRENDERABLE,
    SCHEMA,
    UNKNOWN_KIND,
    UNUSED_EXCEPTION,
    API_SERVER,
    API_SERVER_WARNING,
    ROLLOUT,
    CLAIM_LOST,
    SERVICE_WITHOUT_ENDPOINTS,
    HALF_GUARDED,
    *GATES,
    *SAFEGUARDS,
)
ON_CLUSTER = frozenset(
    check.id
    for check in (
        API_SERVER,
        API_SERVER_WARNING,
        ROLLOUT,
        CLAIM_LOST,
        SERVICE_WITHOUT_ENDPOINTS,
        HALF_GUARDED,
    )
)
"""The IDs of those that only a cluster can tell of."""
