"""Whatever a change of fleetops.yaml takes away from what decides, is looser, and said so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest

from fleetops import goyaml
from fleetops.catalogue import Config, held, shifts

if TYPE_CHECKING:
    from fleetops.catalogue import Shift

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FREEZE = "      freeze:\n"
MORE = "        - {from: monday 08:00, to: friday 16:00, zone: UTC, reason: A long week}\n"
FLEET = """\
version: 1
environments:
  - name: dev
    overlay: overlays/dev
    kubernetes: ["1.36", "1.37"]
  - name: prod
    overlay: overlays/prod
    kubernetes: ["1.37"]
    gates:
      runs_before: 24h
      approvals: codeowners
      freeze:
        - {from: friday 16:00, to: monday 08:00, zone: UTC, reason: The weekend}
        - {from: 2026-05-01 00:00, to: 2026-05-02 00:00, zone: UTC, reason: Labour day}
registries: [docker.io, ghcr.io/example]
remotes: [github.com/acme]
exceptions:
  - {check: floating-tag, resource: Deployment/web, environments: [dev], reason: It may float}
  - {check: plain-text-secret, resource: Secret/ca, reason: It is public}
throwaway_contexts: [kind-dev]
"""
LOOSER = {
    "a later environment first": ("name: dev", "name: new-dev"),
    "another overlay": ("overlay: overlays/prod", "overlay: overlays/dev"),
    "a minor less": ('["1.36", "1.37"]', '["1.37"]'),
    "no time": ("      runs_before: 24h\n", ""),
    "a shorter time": ("24h", "23h"),
    "no owners": ("      approvals: codeowners\n", ""),
    "a shorter freeze": ("monday 08:00", "monday 07:00"),
    "one more registry": ("[docker.io,", "[evil.test, docker.io,"),
    "a wider registry": ("ghcr.io/example", "ghcr.io"),
    "any registry": ("registries: [docker.io, ghcr.io/example]\n", ""),
    "one more remote": ("[github.com/acme]", "[github.com/acme, evil.test]"),
    "a wider remote": ("[github.com/acme]", "[github.com]"),
    "charts": ("version: 1\n", "version: 1\nhelm: true\n"),
    "another resource": ("Secret/ca", "Secret/*"),
    "another check": ("floating-tag", "plain-text-secret"),
    "in one more environment": ("[dev]", "[dev, prod]"),
    "in every environment": ("environments: [dev], ", ""),
    "one more context": ("[kind-dev]", "[kind-dev, production]"),
    "another catalogue": ("version: 1\n", "version: 1\ncatalogue: mine\n"),
    "another forge": ("version: 1\n", "version: 1\nforge: gitea\n"),
    "variables from elsewhere": (
        "overlay: overlays/dev\n",
        "overlay: overlays/dev\n    flux: sync.yaml\n",
    ),
    "other prerequisites": (
        "overlay: overlays/dev\n",
        "overlay: overlays/dev\n    prerequisites: [a]\n",
    ),
}
STRICTER = {
    "a longer time": ("24h", "25h"),
    "one more freeze": (
        FREEZE,
        FREEZE + MORE,
    ),
    "a freeze that is over": (
        "        - {from: 2026-05-01 00:00, to: 2026-05-02 00:00, zone: UTC, reason: Labour day}\n",
        "",
    ),
    "a registry less": ("docker.io, ", ""),
    "a remote less": ("remotes: [github.com/acme]\n", ""),
    "an exception less": (
        "  - {check: plain-text-secret, resource: Secret/ca, reason: It is public}\n",
        "",
    ),
    "a context less": ("throwaway_contexts: [kind-dev]\n", ""),
    "a minor more": ('kubernetes: ["1.37"]', 'kubernetes: ["1.37", "1.36"]'),
    "an environment more": (
        "registries:",
        "  - {name: new, overlay: overlays/new, kubernetes: ['1.37']}\nregistries:",
    ),
}
SAME = {
    "another unit of time": ("24h", "1d"),
    "another reason": ("It is public", "It is public and stays so"),
    "another reason of a freeze": ("The weekend", "Nobody is there"),
}


def read(text: str) -> Config:
    (document,) = goyaml.read(text, "fleetops.yaml")
    return msgspec.convert(document.value, Config)


def found(old: str, new: str) -> list[Shift]:
    assert FLEET.count(old) == 1, old
    return list(shifts(read(FLEET), read(FLEET.replace(old, new)), NOW))


@pytest.mark.parametrize(("old", "new"), LOOSER.values(), ids=LOOSER)
def test_what_is_not_stricter_for_certain_is_looser(old: str, new: str) -> None:
    assert any(one.loosens for one in found(old, new))


@pytest.mark.parametrize(("old", "new"), STRICTER.values(), ids=STRICTER)
def test_what_is_stricter_is_said(old: str, new: str) -> None:
    assert [one.loosens for one in found(old, new)] == [False]


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_what_decides_the_same_is_not_said(old: str, new: str) -> None:
    assert found(old, new) == []


def test_an_environment_that_is_gone_or_moved_is_looser() -> None:
    config = read(FLEET)
    dev, prod = config.environments

    def said(*environments: object) -> list[tuple[bool, str | None]]:
        new = msgspec.structs.replace(config, environments=environments)
        return [(one.loosens, one.environment) for one in shifts(config, new, NOW)]

    assert said(dev) == [(True, "prod")]
    assert said(prod, dev) == [(True, "prod"), (False, "dev")]
    between = msgspec.structs.replace(dev, name="between")
    assert said(dev, between, prod) == [(False, "between"), (True, "prod")]


def test_each_says_where_it_is_written() -> None:
    (one,) = found("[docker.io,", "[docker.io, evil.test,")
    assert (one.path, one.message) == (("registries", 1), "images may come from evil.test")
    (one,) = found("Secret/ca", "Secret/*")[:1]
    assert one.path == ("exceptions", 1)
    assert "excuses Secret/* from plain-text-secret: It is public" in one.message


@pytest.mark.parametrize(("old", "new"), (LOOSER | STRICTER).values(), ids=[*LOOSER, *STRICTER])
def test_no_change_decides_about_itself(old: str, new: str) -> None:
    before, after = read(FLEET), read(FLEET.replace(old, new))
    config = held(before, after, ("1.36", "1.37"), accepted=False)
    for key in ("registries", "throwaway_contexts"):
        assert getattr(config, key) == getattr(before, key)
    # What it takes away, it cannot stand on.
    assert config.remotes == (before.remotes if after.remotes else ())
    assert config.helm == (before.helm and after.helm)
    former = {one.name: one for one in before.environments}
    for one in config.environments:
        if one.name in former:
            assert one.gates == former[one.name].gates
            assert set(one.kubernetes) >= set(former[one.name].kubernetes)
    for check, resource in (("plain-text-secret", "Secret/b"), ("floating-tag", "Deployment/web")):
        excuses = [
            [excuse.covers(check, resource, "prod") for excuse in one.exceptions]
            for one in (before, config)
        ]
        assert any(excuses[0]) >= any(excuses[1])
    assert {one.name: one.overlay for one in config.environments} == {
        one.name: one.overlay for one in after.environments
    }


def test_what_is_accepted_holds_but_for_gates_and_registries() -> None:
    before = read(FLEET)
    text = FLEET.replace("Secret/ca", "Secret/*").replace('["1.36", "1.37"]', '["1.37"]')
    after = read(text.replace("24h", "1h").replace("docker.io", "evil.test"))
    config = held(before, after, ("1.36", "1.37"), accepted=True)
    assert config.exceptions == after.exceptions
    assert config.environments[0].kubernetes == ("1.37",)
    assert config.environments[1].gates == before.environments[1].gates
    assert config.registries == before.registries


def test_a_minor_without_schemas_cannot_be_asked_for() -> None:
    before, after = read(FLEET), read(FLEET.replace('["1.36", "1.37"]', '["1.37"]'))
    config = held(before, after, ("1.37",), accepted=False)
    assert config.environments[0].kubernetes == ("1.37",)
