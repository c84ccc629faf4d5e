"""Flux's Kustomization and its source, read (api/v1 of kustomize- and source-controller)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fleetops.live.sync import Sync, commit_in, said, same_folder, without_user
from fleetops.manifests import Reference, dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP: Final = "kustomize.toolkit.fluxcd.io"
KIND: Final = "Kustomization"
KUSTOMIZATIONS: Final = f"/apis/{GROUP}/v1/kustomizations"

_SOURCES: Final = "/apis/source.toolkit.fluxcd.io/v1"
_PLURALS: Final = {
    "GitRepository": "gitrepositories",
    "OCIRepository": "ocirepositories",
    "Bucket": "buckets",
    "ExternalArtifact": "externalartifacts",
}
# Of an artifact that is no commit itself, but was made of one.
_ORIGIN: Final = "org.opencontainers.image.revision"
# The other reasons say that it has not begun: a source or dependency is not ready.
_FAILURES: Final = ("BuildFailed", "HealthCheckFailed", "PruneFailed", "ReconciliationFailed")


def source_path(value: Any) -> str | None:  # noqa: ANN401
    """Give the path of the object that a Kustomization takes its files from."""
    source = dig(value, "spec", "sourceRef")
    plural, name = _PLURALS.get(dig(source, "kind") or ""), dig(source, "name")
    namespace = dig(source, "namespace") or value["metadata"]["namespace"]
    if not plural or not name:
        return None
    # Whoever wrote them, they are names and no paths.
    namespace, name = quote(str(namespace), safe=""), quote(str(name), safe="")
    return f"{_SOURCES}/namespaces/{namespace}/{plural}/{name}"


def read_kustomization(value: Any, source: Any, folder: str) -> Sync | None:  # noqa: ANN401
    """Read a Kustomization; None where it syncs another folder of a repository.

    `source` is the object at its `source_path`, None where there is none.
    """
    if not same_folder(dig(value, "spec", "path") or "", folder):
        return None
    metadata, status = value["metadata"], dig(value, "status")
    ready, artifact = _condition(status, "Ready"), dig(source, "status", "artifact")
    tried, origin = dig(status, "lastAttemptedRevision"), dig(artifact, "metadata", _ORIGIN)
    # What was tried is not the newest where a newer artifact has come meanwhile.
    newest = tried is not None and tried == dig(artifact, "revision")
    seen = dig(ready, "observedGeneration") in {None, metadata.get("generation")}
    failed = dig(ready, "status") == "False" and dig(ready, "reason") in _FAILURES
    target = dig(value, "spec", "targetNamespace") or ""
    return Sync(
        controller="flux",
        resource=Reference(GROUP, KIND, metadata["namespace"], metadata["name"]),
        repository=without_user(dig(source, "spec", "url")),
        states=tuple(_states(value, ready)),
        ok=dig(ready, "status") == "True" and seen,
        failed=failed and seen and newest,
        applied=commit_in(dig(status, "lastAppliedOriginRevision"))
        or commit_in(dig(status, "lastAppliedRevision")),
        attempted=commit_in(tried) or (commit_in(origin) if newest else ""),
        messages=said(_complaints(value, ready, source)),
        elsewhere=_elsewhere(value),
        namespace=target,
        forced=bool(target),
    )


def _states(value: Any, ready: Any) -> Iterator[str]:  # noqa: ANN401
    match dig(ready, "status"):
        case "True":
            yield "Ready"
        case "False":
            yield f"not Ready ({dig(ready, 'reason')})"
        case None:
            yield "not looked at yet"
        case _:
            yield f"{dig(ready, 'reason')}"
    if dig(value, "spec", "suspend") is True:
        yield "suspended"


def _complaints(value: Any, ready: Any, source: Any) -> Iterator[Any]:  # noqa: ANN401
    if ready is not None and ready.get("status") != "True":
        yield ready.get("message")
    stalled = _condition(dig(value, "status"), "Stalled")
    if dig(stalled, "status") == "True":
        yield dig(stalled, "message")
    where = dig(value, "spec", "sourceRef")
    named = f"{dig(where, 'kind')}/{dig(where, 'name')}"
    if source is None:
        yield f"there is no {named}"
        return
    fetched = _condition(dig(source, "status"), "Ready")
    if fetched is not None and fetched.get("status") != "True":
        yield f"{named}: {fetched.get('message')}"


def _condition(status: Any, kind: str) -> dict[str, Any] | None:  # noqa: ANN401
    conditions = mappings(dig(status, "conditions"))
    return next((one for _, one in conditions if one.get("type") == kind), None)


def _elsewhere(value: Any) -> str:  # noqa: ANN401
    config = dig(value, "spec", "kubeConfig")
    if not config:
        return ""
    name = dig(config, "secretRef", "name") or dig(config, "configMapRef", "name")
    return f"the cluster of the kubeconfig in {name}"
