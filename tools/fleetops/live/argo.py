"""Argo CD's Application, read (pkg/apis/application/v1alpha1/types.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fleetops.live.sync import Sync, commit_in, said, same_folder, without_user
from fleetops.manifests import Reference, dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP: Final = "argoproj.io"
KIND: Final = "Application"
APPLICATIONS: Final = f"/apis/{GROUP}/v1alpha1/applications"

_HERE: Final = ("https://kubernetes.default.svc", "in-cluster")
_ENDED_BADLY: Final = ("Failed", "Error")


def read_application(value: Any, folder: str) -> Sync | None:  # noqa: ANN401
    """Read an Application; None where it syncs another folder of a repository."""
    place = _source(value, folder)
    if place is None:
        return None
    source = dig(value, *place)
    status = dig(value, "status") or {}
    compared, operation = dig(status, "sync"), dig(status, "operationState")
    newest, tried = _commit(compared, place), _commit(dig(operation, "syncResult"), place)
    phase = dig(operation, "phase")
    # What is guarded against pruning stays out of sync for ever; that a sync succeeded is enough.
    lacks = any(
        one.get("status") == "OutOfSync" and not one.get("requiresPruning")
        for _, one in mappings(dig(status, "resources"))
    )
    synced = dig(compared, "status") == "Synced" or (
        phase == "Succeeded" and bool(newest) and tried == newest and not lacks
    )
    refused = list(_refused(operation))
    # Between its own tries an operation still runs; what was refused is known by then.
    failed = phase in _ENDED_BADLY or (phase == "Running" and bool(refused))
    history = dig(status, "history")
    last = history[-1] if isinstance(history, list) and history else None
    metadata = value["metadata"]
    return Sync(
        controller="argocd",
        resource=Reference(GROUP, KIND, metadata["namespace"], metadata["name"]),
        repository=without_user(dig(source, "repoURL")),
        states=tuple(_states(value)),
        ok=synced and dig(status, "health", "status") == "Healthy",
        failed=failed and bool(newest) and tried == newest,
        applied=newest if synced else _commit(last, place),
        attempted=newest,
        messages=said(_complaints(status, refused, succeeded=phase == "Succeeded")),
        elsewhere=_elsewhere(value),
        namespace=dig(value, "spec", "destination", "namespace") or "",
    )


def _source(value: Any, folder: str) -> tuple[str | int, ...] | None:  # noqa: ANN401
    """Find where in the Application its source with that folder is."""
    if same_folder(dig(value, "spec", "source", "path"), folder):
        return ("spec", "source")
    for index, source in mappings(dig(value, "spec", "sources")):
        if same_folder(source.get("path"), folder):
            return ("spec", "sources", index)
    return None


def _commit(holder: Any, place: tuple[str | int, ...]) -> str:  # noqa: ANN401
    """Give the commit of the source at that place; several sources have `revisions`."""
    index = place[-1]
    revision = ("revisions", index) if isinstance(index, int) else ("revision",)
    return commit_in(dig(holder, *revision))


def _states(value: Any) -> Iterator[str]:  # noqa: ANN401
    status = dig(value, "status")
    yield dig(status, "sync", "status") or "not looked at yet"
    if health := dig(status, "health", "status"):
        yield health
    phase = dig(status, "operationState", "phase")
    if phase and phase != "Succeeded":
        yield f"sync {phase}"
    automated = dig(value, "spec", "syncPolicy", "automated")
    if not isinstance(automated, dict) or automated.get("enabled") is False:
        yield "not synced by itself"


def _refused(operation: Any) -> Iterator[str]:  # noqa: ANN401
    for _, one in mappings(dig(operation, "syncResult", "resources")):
        if one.get("status") == "SyncFailed" or one.get("hookPhase") in _ENDED_BADLY:
            named = (one.get("kind"), one.get("namespace"), one.get("name"))
            yield f"{'/'.join(str(part) for part in named if part)}: {one.get('message', '')}"


def _complaints(status: Any, refused: list[str], *, succeeded: bool) -> Iterator[Any]:  # noqa: ANN401
    if not succeeded:
        yield dig(status, "operationState", "message")
        yield from refused
    for _, condition in mappings(dig(status, "conditions")):
        yield f"{condition.get('type')}: {condition.get('message')}"
    if dig(status, "health", "status") != "Healthy":
        yield dig(status, "health", "message")


def _elsewhere(value: Any) -> str:  # noqa: ANN401
    destination = dig(value, "spec", "destination")
    name = dig(destination, "server") or dig(destination, "name") or ""
    return "" if not name or name in _HERE else str(name)
