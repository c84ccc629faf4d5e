"""Promote a release: plan, render, prove, check, and only then write."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct

from fleetops.api.fleet import bench
from fleetops.api.results import Change, Promotion
from fleetops.catalogue import running_release
from fleetops.change import prove, wanted_images
from fleetops.errors import Place, RefusedError
from fleetops.kustomization import Pin, image_entries, read_closure, set_images
from fleetops.words import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetops.api.fleet import Bench, Fleet
    from fleetops.api.results import Finding
    from fleetops.catalogue import Environment, Release
    from fleetops.change import ImageChange
    from fleetops.render import Render


class ChecksFailedError(RefusedError):
    """The environment would not pass the validation after the promotion."""

    def __init__(self, findings: tuple[Finding, ...], release: Release, place: Place) -> None:
        errors = [finding for finding in findings if finding.severity == "error"]
        super().__init__(
            f"with {release.name} the environment has {count(len(errors), 'error')}",
            place=place,
            hint="nothing was written; `fleetops explain ID` tells more of a check",
        )
        self.findings = findings


class Request(Struct, frozen=True):
    """A promotion that is asked for."""

    release: Release
    environment: Environment
    dry_run: bool = False
    """Write nothing."""
    force_order: bool = False
    """Even if the environment before does not run the release."""


def promote(fleet: Fleet, request: Request, narrate: Callable[[str], None]) -> Promotion:
    """Make an environment run a release; nothing is written unless every proof and check passes.

    Raises RefusedError where one does not, InputError for files that cannot be used and
    ProgramError where a program cannot be had.
    """
    lock = contextlib.nullcontext() if request.dry_run else fleet.repository.locked()
    with lock, bench(fleet, narrate) as place:
        return _promote(place, request)


def _promote(bench: Bench, request: Request) -> Promotion:
    fleet, release, environment = bench.fleet, request.release, request.environment
    closure = fleet.closure(environment)
    path, old = closure.top.path, closure.top.text
    new = set_images(old, path, pins(release))
    previous = None if request.force_order else fleet.config.before(environment)
    overlays = [(fleet.repository, closure)]
    if new != old:
        copy = bench.edited(fleet.repository, closure, {path: new})
        overlays.append((copy, read_closure(copy, closure.overlay)))
    entries = image_entries(overlays[-1][1].top.document)
    wanted = wanted_images(release, entries, Place(path))
    with bench.kustomize.start(overlays) as rendering:
        # The checks are imported while kustomize works.
        from fleetops.api.examine import Exhibit, examine

        renders = rendering.renders()
    before, after = renders[0], renders[-1]
    changes = prove(before.manifests, after.manifests, wanted, Place(path))
    running = running_release(bench.scene(environment, before).versions, fleet.releases)
    if new == old:
        return Promotion(
            release=release.name,
            environment=environment.name,
            before=running.name if running else None,
            file=path,
            outcome="unchanged",
        )
    earlier = [previous] if previous else []
    closures = [(fleet.repository, fleet.closure(one)) for one in earlier]
    with bench.kustomize.start(closures) as rendering:
        findings = examine(bench, [Exhibit(environment, overlays[1][0], after)])
        for one, render in zip(earlier, rendering.renders(), strict=True):
            _require(bench, one, render, release)
    if any(finding.severity == "error" for finding in findings):
        raise ChecksFailedError(findings, release, Place(path))
    if not request.dry_run:
        fleet.repository.replace(path, old.encode(), new.encode())
    return Promotion(
        release=release.name,
        environment=environment.name,
        before=running.name if running else None,
        file=path,
        outcome="planned" if request.dry_run else "promoted",
        changes=tuple(_change(change) for change in changes),
        diff=_diff(path, old, new),
        findings=findings,
    )


def _change(change: ImageChange) -> Change:
    return Change(
        service=change.service,
        resource=str(change.resource),
        container=change.container,
        before=change.before,
        after=change.after,
    )


def pins(release: Release) -> tuple[Pin, ...]:
    """Say what a kustomization has to hold of a release."""
    return tuple(
        Pin(image.name, image.tag, f"sha256:{image.digest.sha256}" if image.digest else None)
        for image in release.images.values()
    )


def _require(bench: Bench, previous: Environment, render: Render, release: Release) -> None:
    """Refuse a release that the environment before does not run."""
    scene = bench.scene(previous, render)
    running = running_release(scene.versions, bench.fleet.releases)
    one = {release.name: release}
    if running_release(scene.versions, one) is None:
        what = running.name if running else "no release as a whole"
        raise RefusedError(
            f"{previous.name} runs {what}, and {release.name} has to run there first",
            place=Place(render.closure.top.path),
            hint=f"fleetops promote {release.name} --env {previous.name}, or --force-order here",
        )


def _diff(path: str, old: str, new: str) -> str:
    import difflib

    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    # The lines around may hold a secret.
    lines = difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", n=0)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
