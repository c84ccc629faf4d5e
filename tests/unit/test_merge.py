"""Shards are merged only where they are all of one validation, and believed in nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fleetops import __version__
from fleetops.api.merge import MAX_BYTES, merge
from fleetops.api.results.failure import Failure
from fleetops.api.results.findings import Acceptance, Danger, Finding
from fleetops.api.results.validation import Shard, ShardedState, Validation
from fleetops.api.shards import Part
from fleetops.errors import FleetopsError, UsageError
from fleetops.output.clean import CONTROL
from fleetops.output.formats import written
from fleetops.output.json import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleetops.api.results.base import Result

NAMES = ("dev", "test", "stage", "prod", "eu-prod")
HOSTILE = "\n::error::a\r\x1b[31m]]><b>&amp;`[x](https://example.test)\ud800\u202e##[group]"
STATE = ShardedState(
    fleetops=__version__,
    commit="a" * 40,
    start="b" * 40,
    accepted={"claim-removed": "empty"},
    environments=NAMES,
    content="c" * 64,
)


def finding(environment: str, check: str = "floating-tag", message: str = "so it is") -> Finding:
    return Finding(
        check=check, severity="error", environment=environment, message=message, file="a.yaml"
    )


def shard(number: int, of: int, *findings: Finding, **state: Any) -> Validation:  # noqa: ANN401
    return Validation(
        ok=not findings,
        environments=Part(number, of).share(NAMES),
        manifests=number,
        findings=findings,
        shard=Shard(number=number, of=of, state=replace(STATE, **state), unused={}, synced=()),
    )


def kept(folder: Path, results: Sequence[Result]) -> list[Path]:
    paths = [folder / f"{index}.json" for index in range(len(results))]
    for path, result in zip(paths, results, strict=True):
        path.write_text(as_json(result))
    return paths


@given(st.lists(st.text(), unique=True), st.integers(1, 9))
def test_the_parts_are_all_of_it_and_as_even_as_can_be(names: list[str], of: int) -> None:
    parts = [Part(number, of).share(names) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert all(list(part) == [name for name in names if name in part] for part in parts)
    assert [Part(1, of).share(names[::-1])[::-1], len(parts)] == [parts[0], of]


def test_every_third_environment_is_not_in_the_same_part() -> None:
    names = [f"app{number}-{stage}" for number in range(40) for stage in ("dev", "test", "prod")]
    for number in (1, 2, 3):
        stages = {name.partition("-")[2] for name in Part(number, 3).share(names)}
        assert len(stages) == 3


WRONG = {
    "missing": ([shard(1, 3), shard(3, 3)], "shard 2 of 3 is not given"),
    "more missing": ([shard(2, 10**30)], "shard 1 of 1000000000000000000000000000000 is not given"),
    "twice": ([shard(1, 2), shard(2, 2), shard(2, 2)], r"2.json: is shard 2 too, as .*1.json is"),
    "of others": ([shard(1, 2), shard(2, 3)], r"1.json: is one of 3 shards, and .*0.json one of 2"),
    "version": ([shard(1, 2), shard(2, 2, fleetops="9")], "is by fleetops 9, and .* by"),
    "commit": ([shard(1, 2), shard(2, 2, commit=None)], "is of commit none, and .* of aaaa"),
    "base": ([shard(1, 2), shard(2, 2, start="d")], "is of the change from commit d, and .* bbbb"),
    "acceptance": ([shard(1, 2), shard(2, 2, accepted={})], "accepts something else than"),
    "files": ([shard(1, 2), shard(2, 2, content="d")], "is of other files than .*0.json"),
    "whole": ([replace(shard(1, 1), shard=None)], "is the result of a whole validation"),
    "environments": ([replace(shard(1, 2), environments=NAMES)], "holds what no shard says"),
    "number": (
        [replace(shard(1, 1), shard=Shard(number=2, of=1, state=STATE, unused={}, synced=()))],
        "holds what no shard says",
    ),
    "check": ([shard(1, 1, finding("dev", "\x1b[31m"))], "holds what no shard says"),
    "line": ([shard(1, 1, replace(finding("dev"), line=2**64))], "holds what no shard says"),
    "manifests": ([replace(shard(1, 1), manifests=-1)], "holds what no shard says"),
    "rule": ([shard(1, 1, accepted={"\ud800": "so"})], "holds what no shard says"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_all_of_one_validation_is_refused(name: str, tmp_path: Path) -> None:
    results, message = WRONG[name]
    with pytest.raises(UsageError, match=message) as caught:
        merge(kept(tmp_path, results), print)
    assert caught.value.exit_code == 2


BROKEN = {
    "empty": (b"", "holds no result"),
    "cut": (as_json(shard(1, 1)).encode()[:-9], "holds no result"),
    "other": (b'{"command": "diff", "ok": true}', "holds no result"),
    "typed": (as_json(shard(1, 1)).replace("true", '"true"').encode(), "holds no result"),
    "deep": (b'{"command": "validate", "more": ' + b"[" * 100_000, "holds no result"),
    "long number": (b'{"command": "validate", "manifests": ' + b"9" * 9999, "holds no result"),
    "not text": (b'{"command": "\xff"}', "holds no result"),
    "large": (b" " * (MAX_BYTES + 1), "has more than 16777216 bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_holds_no_shard_is_refused(name: str, tmp_path: Path) -> None:
    content, message = BROKEN[name]
    (tmp_path / "shard.json").write_bytes(content)
    with pytest.raises(UsageError, match=rf"shard.json: {message}"):
        merge([tmp_path / "shard.json"], print)
    with pytest.raises(UsageError, match="cannot be read"):
        merge([tmp_path], print)


@pytest.mark.parametrize("code", [1, 2, 3])
def test_what_a_shard_failed_with_is_what_the_whole_fails_with(code: int, tmp_path: Path) -> None:
    failed = Failure(
        message="is no name", file="fleetops.yaml", line=3, hint="say it", exit_code=code
    )
    (path,) = kept(tmp_path, [failed])
    with pytest.raises(FleetopsError) as caught:
        merge([path], print)
    assert caught.value.exit_code == code
    assert caught.value.summary == "fleetops.yaml:3: is no name"
    assert caught.value.hint == f"say it; so ended the shard of {path}"


def test_what_a_hostile_shard_says_does_nothing(tmp_path: Path) -> None:
    said = Finding(
        check="floating-tag",
        severity="error",
        environment=HOSTILE,
        message=HOSTILE,
        resource=HOSTILE,
        path=HOSTILE,
        file=HOSTILE,
        line=2**31 - 1,
    )
    danger = Danger(
        rule="claim-removed",
        severity="refuse",
        environment=HOSTILE,
        message=HOSTILE,
        file=HOSTILE,
    )
    names = (HOSTILE, f"{HOSTILE} too")
    state = replace(STATE, environments=names, accepted={danger.rule: HOSTILE})
    result = Validation(
        ok=True,
        environments=names,
        manifests=10**30,
        findings=(said,),
        accepted=(Acceptance(rule=danger.rule, because="is not believed", dangers=(danger,)),),
        shard=Shard(number=1, of=1, state=state, unused={10**30: said}, synced=()),
    )
    whole = merge(kept(tmp_path, [result]), print)
    assert not whole.ok
    assert whole.findings == (said, said)
    assert whole.accepted == (Acceptance(rule=danger.rule, because=HOSTILE, dangers=(danger,)),)
    for form in ("text", "json", "markdown", "github", "junit", "sarif"):
        for line in written(whole, form).split("\n"):
            assert not CONTROL.search(line), (form, line)
            assert "##[" not in line
            assert not line.startswith("::") or form == "github"
    assert json.loads(written(whole, "json"))["findings"][0]["message"] == HOSTILE


def test_an_exception_is_unused_only_where_every_shard_says_so(tmp_path: Path) -> None:
    same = finding("dev", "unused-exception")
    results = []
    for number, unused in ((1, {0: same, 2: same}), (2, {1: same, 2: same})):
        result = shard(number, 2)
        assert result.shard
        results.append(replace(result, shard=replace(result.shard, unused=unused)))
    # Two exceptions may be said of in the same words, and each be needed in one shard.
    assert merge(kept(tmp_path, results), print).findings == (same,)
    assert merge(kept(tmp_path, results[::-1]), print).findings == (same,)
