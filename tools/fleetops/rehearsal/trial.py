"""Documents really created in a cluster, one by one, and removed again."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from fleetops.errors import ProgramError
from fleetops.kube import Answer
from fleetops.kube.apply import (
    CRD,
    NAMESPACE,
    apply,
    await_account,
    await_definition,
    await_gone,
    await_no_definition,
    await_that,
    delete,
    finalize,
    in_order,
    live,
    namespace,
    not_served,
)
from fleetops.kube.names import impossible_namespace
from fleetops.manifests import Manifest, dig, home
from fleetops.secrecy import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fleetops.manifests import Reference
    from fleetops.rehearsal.stand import Stand

_STRICT: Final = "?fieldValidation=Strict&fieldManager=fleetops"
_VOLUME: Final = "PersistentVolume"


class Verdict(Struct, frozen=True):
    """What the API server says of a document."""

    position: int
    """Of the manifest in its unit."""
    refused: bool
    message: str
    fields: tuple[str, ...]
    warnings: tuple[str, ...]


class Unit(Struct, frozen=True):
    """Manifests that are in a cluster at the same time: those of an environment, or of a file."""

    manifests: tuple[Manifest, ...]
    scratch: Mapping[str, str]
    """The scratch namespace that each namespace stands for."""


def unit(manifests: Sequence[Manifest]) -> Unit:
    """Think of scratch namespaces for manifests."""
    namespaces = {home(one.reference.namespace) for one in manifests}
    scratch = {one: f"fleetops-{secrets.token_hex(6)}" for one in sorted(namespaces)}
    return Unit(tuple(manifests), scratch)


def scratch_namespaces(units: Sequence[Unit]) -> Iterator[Manifest]:
    """Give the namespaces that the units are tried in.

    Each has the labels of the one that it stands for, for admission goes by them.
    """
    for one in units:
        labels = {
            manifest.reference.name: manifest.get("metadata", "labels")
            for manifest in one.manifests
            if manifest.reference.kind == NAMESPACE
        }
        for stands_for, name in one.scratch.items():
            yield namespace(name, labels.get(stands_for))


def footprint(stand: Stand, units: Sequence[Unit]) -> Iterator[Manifest]:
    """Give everything that trying the units makes, where it makes it."""
    yield from scratch_namespaces(units)
    for one in units:
        for manifest in one.manifests:
            if manifest.reference.kind != _VOLUME:
                yield _moved(stand, manifest, one.scratch)


def try_units(
    stand: Stand, units: Sequence[Unit], narrate: Callable[[int], None]
) -> Iterator[list[Verdict]]:
    """Create the documents of each unit and remove them; give the verdicts, in documents' order.

    `narrate` is told how many units are done. Raises ProgramError where the API server does not
    answer.
    """
    # All at once and first, for their accounts are made meanwhile.
    for scratch in scratch_namespaces(units):
        if not _post(stand, scratch).ok:
            _post(stand, namespace(scratch.reference.name))
    for number, one in enumerate(units):
        narrate(number)
        for name in one.scratch.values():
            await_account(stand.client, name)
        yield _try(stand, one)
        if stand.shared:
            # Elsewhere they end with the cluster, and removing one takes longer than its use.
            for name in one.scratch.values():
                delete(stand.client, stand.kinds, namespace(name))


def _try(stand: Stand, one: Unit) -> list[Verdict]:
    verdicts: dict[int, Verdict] = {}
    made: dict[Reference, Manifest] = {}
    positions = {id(manifest): index for index, manifest in enumerate(one.manifests)}
    try:
        for manifest in in_order(one.manifests):
            moved = _moved(stand, manifest, one.scratch)
            # A claim that waits somewhere would take the volume, and be lost with it.
            dry_run = manifest.reference.kind == _VOLUME
            answer = _judged(manifest) or _post(stand, moved, dry_run=dry_run)
            if answer.ok:
                if not dry_run:
                    made[moved.reference] = moved
                _await_effect(stand, moved)
            elif answer.conflict and moved.reference not in made:
                # It comes with every cluster or namespace, as the account `default` does.
                answer = apply(stand.client, stand.kinds, moved, dry_run=True)
            position = positions[id(manifest)]
            verdicts[position] = _verdict(position, manifest, answer, one.scratch)
    finally:
        _remove(stand, list(made.values()))
    return [verdicts[position] for position in sorted(verdicts)]


def _remove(stand: Stand, made: Sequence[Manifest]) -> None:
    """Delete what was made; what is not in a scratch namespace has to be gone for the next unit."""
    waited = []
    for manifest in reversed(made):
        answer = delete(stand.client, stand.kinds, manifest)
        at_once = dig(answer.value, "kind") == "Status"
        if not at_once and not manifest.reference.namespace:
            waited.append(manifest)
    for manifest in waited:
        if stand.lends and manifest.reference.kind == NAMESPACE:
            finalize(stand.client, manifest.reference.name)
        if not await_gone(stand.client, stand.kinds, manifest):
            raise ProgramError(
                f"{manifest.reference.short} was tried and deleted, and does not go: "
                "what holds it has to let go of it before anything else is tried there"
            )
        if manifest.reference.kind == CRD:
            await_no_definition(stand.client, manifest)


def _post(stand: Stand, manifest: Manifest, *, dry_run: bool = False) -> Answer:
    resource = stand.kinds.of(manifest)
    if resource is None:
        return not_served(manifest)
    query = f"{_STRICT}&dryRun=All" if dry_run else _STRICT
    path = f"{resource.path(manifest.reference.namespace)}{query}"
    return stand.client.ask("POST", path, msgspec.json.encode(manifest.value))


def _await_effect(stand: Stand, manifest: Manifest) -> None:
    """Wait for what the next documents may rest on."""
    kind = manifest.reference.kind
    if kind == CRD:
        await_definition(stand.client, manifest)
    elif kind == "ResourceQuota":
        # Until it is counted, nothing that it limits is let in.
        wanted = manifest.get("spec", "hard") or {}
        await_that(
            lambda: len(_hard(live(stand.client, stand.kinds, manifest))) == len(wanted),
        )


def _hard(quota: Any) -> Any:  # noqa: ANN401
    return dig(quota, "status", "hard") or {}


def _moved(stand: Stand, manifest: Manifest, scratch: Mapping[str, str]) -> Manifest:
    """Give the manifest as it is in its scratch namespace, if it is in any."""
    resource = stand.kinds.of(manifest)
    if resource is None or not resource.namespaced:
        return manifest
    namespace = scratch[home(manifest.reference.namespace)]
    metadata = {**manifest.value["metadata"], "namespace": namespace}
    return Manifest(
        manifest.reference._replace(namespace=namespace),
        manifest.api_version,
        {**manifest.value, "metadata": metadata},
    )


def _judged(manifest: Manifest) -> Answer | None:
    """Refuse a namespace that there cannot be, of which its scratch namespace shows nothing."""
    why = impossible_namespace(manifest.reference)
    causes = [{"field": why.partition(":")[0]}]
    value = {"message": why, "details": {"causes": causes}}
    return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, value) if why else None


def _verdict(
    position: int, manifest: Manifest, answer: Answer, scratch: Mapping[str, str]
) -> Verdict:
    message = "" if answer.ok else without_secrets(manifest, answer.message)
    for stands_for, name in scratch.items():
        message = message.replace(name, stands_for)
    fields = () if answer.ok else answer.fields
    return Verdict(position, not answer.ok, message, fields, answer.warnings)
