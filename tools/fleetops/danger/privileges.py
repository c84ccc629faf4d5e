"""What the pods of a workload may do to their node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleetops.manifests import dig, mappings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fleetops.checks import Workload
    from fleetops.goyaml import NodePath

Privilege = tuple[str, str]
"""What may be done, and the container that may do it; empty for the whole pod."""


def gained(before: Workload | None, workload: Workload) -> Iterator[tuple[Privilege, NodePath]]:
    """Give the privileges that a workload's pods had not before, None where there were none.

    A container that is new gains what none had in whose place it may be: a start-up one any of
    them, another one any but those of the start-up. What a new workload does not forbid itself is
    no gain but the checks' business.
    """
    if before is None:
        unsaid = {what for what, _ in _container({}, {})}
        yield from (one for one in _privileges(workload).items() if one[0][0] not in unsaid)
        return
    known = _privileges(before)
    names, serving = _names(before.containers()), _names(before.serving())
    lasting = _names(workload.serving())
    for (what, name), path in _privileges(workload).items():
        new = name and name not in names
        peers = {name} if not new else serving if name in lasting else names
        if not any((what, one) in known for one in peers):
            yield (what, name), path


def _names(containers: Iterable[tuple[NodePath, dict[str, Any]]]) -> set[str]:
    return {str(container.get("name")) for _, container in containers}


def _privileges(workload: Workload) -> dict[Privilege, NodePath]:
    """Give the privileges of a workload's pods, with the places that give them."""
    spec = (*workload.template, "spec")
    found = {(what, ""): (*spec, *path) for what, path in _pod(workload.spec)}
    for path, container in workload.containers():
        name = str(container.get("name"))
        inside = (*path, "securityContext")
        for what, key in _container(container, workload.spec):
            found[what, name] = (*inside, *key)
        for index, port in mappings(container.get("ports")):
            if port.get("hostPort"):
                what = f"takes the port {port['hostPort']} of the node"
                found[what, name] = (*path, "ports", index, "hostPort")
    return found


def _pod(spec: dict[str, Any]) -> Iterator[tuple[str, NodePath]]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key) is True:
            yield f"has {key}", (key,)
    for index, volume in mappings(spec.get("volumes")):
        path = dig(volume, "hostPath", "path")
        if path is not None:
            yield f"mounts {path} of the node", ("volumes", index, "hostPath", "path")


def _container(
    container: dict[str, Any], spec: dict[str, Any]
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    own, shared = container.get("securityContext"), spec.get("securityContext")

    def setting(*path: str) -> Any:  # noqa: ANN401
        value = dig(own, *path)
        return dig(shared, *path) if value is None else value

    if dig(own, "privileged") is True:
        yield "is privileged", ("privileged",)
    added = dig(own, "capabilities", "add")
    for index, capability in enumerate(added if isinstance(added, list) else ()):
        yield f"has the capability {capability}", ("capabilities", "add", index)
    dropped = dig(own, "capabilities", "drop")
    if not isinstance(dropped, list) or not {"ALL", "all"} & set(map(str, dropped)):
        yield "does not drop all capabilities", ("capabilities", "drop")
    if dig(own, "allowPrivilegeEscalation") is not False:
        yield "may gain privileges", ("allowPrivilegeEscalation",)
    # Where no user is set it is the image that says who runs, and most say root.
    if setting("runAsNonRoot") is not True and not setting("runAsUser"):
        yield "may be root", ("runAsNonRoot",)
    if setting("runAsUser") == 0:
        yield "runs as root", ("runAsUser",)
    if setting("seccompProfile", "type") in (None, "Unconfined"):
        yield "has no seccomp profile", ("seccompProfile", "type")
