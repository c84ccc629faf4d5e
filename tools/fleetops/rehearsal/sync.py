"""A render brought into a cluster, as a GitOps controller does it: applied, then pruned."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct

from fleetops.annotations import guards_of, is_forced
from fleetops.errors import InputError
from fleetops.kube.apply import (
    CRD,
    NAMESPACE,
    apply,
    await_account,
    await_definition,
    await_gone,
    delete,
    in_order,
    live,
    namespace,
    path_of,
)
from fleetops.kube.names import impossible
from fleetops.manifests import Manifest
from fleetops.secrecy import without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleetops.kube import Answer
    from fleetops.rehearsal.stand import Stand

_BACKED: Final = frozenset(
    {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService"}
)
"""What sends the API server's requests on to a pod, and no pod answers."""

_CONVERSION: Final = ("spec", "conversion", "strategy")
_NOTES: Final = frozenset(
    {"resourceVersion", "managedFields", "generation", "uid", "creationTimestamp"}
)

Verb = Literal["created", "changed", "unchanged", "refused", "replaced", "pruned", "kept"]


class Outcome(Struct, frozen=True):
    """What became of an object."""

    manifest: Manifest
    verb: Verb
    message: str = ""
    """The API server's words where it refuses, or which guard kept it."""
    fields: tuple[str, ...] = ()
    """The fields that it refuses."""
    warnings: tuple[str, ...] = ()
    """What the API server warns of."""


def put(stand: Stand, manifests: Sequence[Manifest]) -> list[Outcome]:
    """Apply a render object by object, and give what became of each.

    Namespaces that no manifest makes are made, for a controller is told of them in its own object.
    Raises ProgramError where the API server does not answer.
    """
    outcomes = [
        Outcome(one, "refused", why, (why.partition(":")[0],))
        for one in manifests
        if (why := impossible(one.reference))
    ]
    ordered = [one for one in in_order(manifests) if not impossible(one.reference)]
    wanted = [one for one in ordered if one.reference.kind == NAMESPACE]
    outcomes += [_put(stand, one) for one in wanted]
    named = {one.manifest.reference.name: one.verb for one in outcomes}
    for manifest in ordered:
        if manifest.reference.kind == CRD:
            outcomes.append(_put(stand, manifest))
            if outcomes[-1].verb != "refused":
                await_definition(stand.client, manifest)
    rest = [one for one in ordered if one.reference.kind not in {NAMESPACE, CRD}]
    for name in stand.namespaces_of(rest):
        verb = named.get(name)
        if verb is None and not apply(stand.client, stand.kinds, namespace(name)).ok:
            verb = "refused"
        if verb != "refused":
            await_account(stand.client, name)
    return outcomes + [_put(stand, one) for one in rest]


def prepare(stand: Stand, prerequisites: Sequence[Manifest]) -> None:
    """Apply what a cluster has before anything comes into it.

    Raises InputError for what the API server refuses.
    """
    for outcome in put(stand, prerequisites):
        if outcome.verb == "refused":
            raise InputError(
                f"the API server refuses the prerequisite {outcome.manifest.reference.short}:"
                f" {outcome.message}"
            )


def prune(stand: Stand, old: Sequence[Manifest], new: Sequence[Manifest]) -> list[Outcome]:
    """Delete what has left the render, unless it is guarded; give what is pruned, or kept."""
    # By path, for a namespace on an object of the whole cluster makes it no other one.
    present = {path_of(stand.kinds, one) for one in new}
    outcomes: list[Outcome] = []
    for manifest in reversed(in_order(old)):
        path = path_of(stand.kinds, manifest)
        if path is None or path in present or impossible(manifest.reference):
            continue
        accepted = stand.taken_out.pop(path, None)
        value = live(stand.client, stand.kinds, manifest) or accepted
        if value is None:
            continue
        guards = tuple(guards_of(value))
        if guards:
            outcomes.append(Outcome(manifest, "kept", " and ".join(guards)))
            continue
        delete(stand.client, stand.kinds, manifest)
        outcomes.append(Outcome(manifest, "pruned"))
    return outcomes


def _put(stand: Stand, manifest: Manifest) -> Outcome:
    path = path_of(stand.kinds, manifest) or ""
    before = stand.taken_out.get(path) or live(stand.client, stand.kinds, manifest)
    answer = apply(stand.client, stand.kinds, manifest)
    replaced = False
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and before and is_forced(manifest.value):
        delete(stand.client, stand.kinds, manifest)
        replaced = await_gone(stand.client, stand.kinds, manifest)
        answer = apply(stand.client, stand.kinds, manifest)
    if answer.ok and manifest.reference.kind in _BACKED:
        stand.taken_out[path] = answer.value
        delete(stand.client, stand.kinds, manifest)
    elif answer.ok and manifest.get(*_CONVERSION) == "Webhook":
        stand.taken_out[path] = answer.value
        apply(stand.client, stand.kinds, _unconverted(manifest))
    return _outcome(manifest, before, answer, replaced=replaced)


def _unconverted(definition: Manifest) -> Manifest:
    """Give a CustomResourceDefinition whose versions are stored as they are."""
    spec = {key: one for key, one in definition.value["spec"].items() if key != "conversion"}
    value = {**definition.value, "spec": spec}
    return Manifest(definition.reference, definition.api_version, value)


def _outcome(
    manifest: Manifest,
    before: dict[str, Any] | None,
    answer: Answer,
    *,
    replaced: bool,
) -> Outcome:
    if not answer.ok:
        message = without_secrets(manifest, answer.message)
        return Outcome(manifest, "refused", message, answer.fields)
    verb: Verb = "created"
    if replaced:
        verb = "replaced"
    elif before is not None:
        verb = "unchanged" if _meant(before) == _meant(answer.value) else "changed"
    return Outcome(manifest, verb, warnings=answer.warnings)


def _meant(value: dict[str, Any]) -> dict[str, Any]:
    """Give what somebody has said of an object: not its status, nor the server's own notes."""
    metadata = {key: one for key, one in value["metadata"].items() if key not in _NOTES}
    return {key: one for key, one in value.items() if key != "status"} | {"metadata": metadata}
