"""What of fleetops.yaml decides what is let in, and what a change does to that.

Whatever is not stricter for certain counts as looser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fleetops.catalogue.config import Config, Environment, Excuse
    from fleetops.catalogue.gates import Freeze
    from fleetops.goyaml import NodePath


class Shift(Struct, frozen=True):
    """Something that decides, and is another with a change."""

    loosens: bool
    message: str
    path: NodePath
    """Where in the new fleetops.yaml; of what is gone, where it would be."""
    environment: str | None = None
    """None where it is for all of them."""


def looser(message: str, path: NodePath = (), environment: str | None = None) -> Shift:
    """Give something that decides less, or cannot be told from that."""
    return Shift(True, message, path, environment)  # noqa: FBT003


def stricter(message: str, path: NodePath = (), environment: str | None = None) -> Shift:
    """Give something that decides more."""
    return Shift(False, message, path, environment)  # noqa: FBT003


def shifts(old: Config, new: Config, time: datetime) -> Iterator[Shift]:
    """Give what a change of fleetops.yaml does at a time."""
    yield from _environments(old, new, time)
    yield from _exceptions(old.exceptions, new.exceptions)
    yield from _registries(old.registries, new.registries)
    yield from _remotes(old.remotes, new.remotes)
    if old.helm != new.helm:
        kind = looser if new.helm else stricter
        yield kind(f"Helm charts are {'' if new.helm else 'no longer '}rendered", ("helm",))
    yield from _contexts(old.throwaway_contexts, new.throwaway_contexts)
    if old.catalogue != new.catalogue:
        message = f"releases are read from {new.catalogue}, not from {old.catalogue}"
        yield looser(message, ("catalogue",))
    if old.forge != new.forge:
        message = f"the forge is {new.forge or 'that of the host'}, which is given its token"
        yield looser(message, ("forge",))


def held(old: Config, new: Config, minors: Sequence[str], *, accepted: bool) -> Config:
    """Give the new environments with what decided about them before.

    Where the change is `accepted`, its exceptions, minors, remotes and charts hold; what it does to
    gates and registries has to be merged first. Of the former minors, those of `minors` can be
    asked for.
    """
    former = {one.name: one for one in old.environments}

    def judged(one: Environment) -> Environment:
        before = former.get(one.name)
        if before is None:
            return one
        approvals = before.gates.approvals or one.gates.approvals
        gates = replace(before.gates, approvals=approvals)
        if accepted:
            return replace(one, gates=gates)
        gone = (it for it in before.kubernetes if it in minors and it not in one.kubernetes)
        return replace(one, gates=gates, kubernetes=(*one.kubernetes, *gone))

    excuses = (one for one in new.exceptions if accepted or _is_known(one, old.exceptions))
    return replace(
        new,
        environments=tuple(map(judged, new.environments)),
        exceptions=tuple(excuses),
        registries=old.registries,
        remotes=new.remotes if accepted else _both(old.remotes, new.remotes),
        helm=new.helm and (accepted or old.helm),
        throwaway_contexts=old.throwaway_contexts,
    )


def _environments(old: Config, new: Config, time: datetime) -> Iterator[Shift]:
    former = {one.name: one for one in old.environments}
    was, now = _previous(old), _previous(new)
    for index, one in enumerate(new.environments):
        path = ("environments", index)
        if before := former.pop(one.name, None):
            yield from _order(was[one.name], now[one.name], path, one.name)
            yield from _environment(before, one, path)
            yield from _gates(before, one, time, (*path, "gates"))
        else:
            yield stricter("is new", path, one.name)
    for name in former:
        message = "is no environment any more, so nothing is asked for it"
        yield looser(message, ("environments",), name)


def _previous(config: Config) -> dict[str, str | None]:
    """Give the environment before each, by name; None for the first."""
    names = [one.name for one in config.environments]
    return dict(zip(names, [None, *names], strict=False))


def _order(was: str | None, now: str | None, path: NodePath, name: str) -> Iterator[Shift]:
    if was is None and now is not None:
        yield stricter(f"comes after {now}, and was the first", path, name)
    elif was != now:
        yield looser(f"comes after {now or 'none'}, not after {was}", path, name)


def _environment(old: Environment, new: Environment, path: NodePath) -> Iterator[Shift]:
    if old.overlay != new.overlay:
        message = f"is rendered from {new.overlay}, not from {old.overlay}"
        yield looser(message, (*path, "overlay"), new.name)
    if old.flux != new.flux:
        message = (
            f"has its variables from {new.flux or 'nowhere'}, not from {old.flux or 'nowhere'}"
        )
        yield looser(message, (*path, "flux"), new.name)
    for minor in old.kubernetes:
        if minor not in new.kubernetes:
            message = f"is no longer validated for Kubernetes {minor}"
            yield looser(message, (*path, "kubernetes"), new.name)
    for index, minor in enumerate(new.kubernetes):
        if minor not in old.kubernetes:
            message = f"is validated for Kubernetes {minor} too"
            yield stricter(message, (*path, "kubernetes", index), new.name)
    if old.prerequisites != new.prerequisites:
        message = "has other prerequisites on a cluster"
        yield looser(message, (*path, "prerequisites"), new.name)


def _gates(old: Environment, new: Environment, time: datetime, path: NodePath) -> Iterator[Shift]:
    was, now = old.gates, new.gates
    if was.seasoning != now.seasoning:
        message = f"asks for {now.runs_before or 'no time'} in the environment before,"
        message += f" where it asked for {was.runs_before or 'none'}"
        less = was.seasoning and (now.seasoning is None or now.seasoning < was.seasoning)
        yield (looser if less else stricter)(message, (*path, "runs_before"), new.name)
    if was.approvals and not now.approvals:
        yield looser("asks for no owners of its files any more", path, new.name)
    elif now.approvals and not was.approvals:
        yield stricter("asks for owners of its files", (*path, "approvals"), new.name)
    before, after = ([replace(one, reason="") for one in it.freeze] for it in (was, now))
    for one in before:
        if one not in after:
            kind = stricter if one.is_over(time) else looser
            yield kind(f"is no longer frozen {_said(one)}", (*path, "freeze"), new.name)
    for index, one in enumerate(after):
        if one not in before:
            yield stricter(f"is frozen {_said(one)}", (*path, "freeze", index), new.name)


def _said(freeze: Freeze) -> str:
    return f"from {freeze.start} to {freeze.end} {freeze.zone}"


def _exceptions(old: Sequence[Excuse], new: Sequence[Excuse]) -> Iterator[Shift]:
    for index, one in enumerate(new):
        if not _is_known(one, old):
            message = f"excuses {one.resource} from {one.check}: {one.reason}"
            yield looser(message, ("exceptions", index), next(iter(one.environments), None))
    for one in old:
        if not _is_known(one, new):
            message = f"no longer excuses {one.resource} from {one.check}"
            yield stricter(message, ("exceptions",), next(iter(one.environments), None))


def _is_known(excuse: Excuse, among: Sequence[Excuse]) -> bool:
    """Tell whether another excuses the same, there and maybe elsewhere; for whatever reason."""
    where = set(excuse.environments)
    return any(
        (one.check, one.resource) == (excuse.check, excuse.resource)
        and (not one.environments or (bool(where) and where <= set(one.environments)))
        for one in among
    )


def _registries(old: Sequence[str], new: Sequence[str]) -> Iterator[Shift]:
    path = ("registries",)
    if old and not new:
        yield looser("images may come from anywhere", path)
        return
    for index, one in enumerate(new):
        if one not in old:
            kind = looser if old else stricter
            yield kind(f"images may come from {one}{'' if old else ' only'}", (*path, index))
    for one in old:
        if one not in new:
            yield stricter(f"no image may come from {one}", path)


def _both(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Give what both lists allow, of which the one may name a host and the other a folder of it."""
    return tuple(
        dict.fromkeys(
            max(one, other, key=len)
            for one in old
            for other in new
            if f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
        )
    )


def _remotes(old: Sequence[str], new: Sequence[str]) -> Iterator[Shift]:
    path = ("remotes",)
    for index, one in enumerate(new):
        if one not in old:
            yield looser(f"bases may be fetched from {one}", (*path, index))
    for one in old:
        if one not in new:
            yield stricter(f"no base may be fetched from {one}", path)


def _contexts(old: Sequence[str], new: Sequence[str]) -> Iterator[Shift]:
    path = ("throwaway_contexts",)
    for index, one in enumerate(new):
        if one not in old:
            yield looser(f"a rehearsal may use the cluster of the context {one}", (*path, index))
    for one in old:
        if one not in new:
            yield stricter(f"no rehearsal may use the cluster of the context {one}", path)
