"""Two states of the repository, as a controller would apply them, are compared by meaning."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fleetcopy import ENVIRONMENT

if TYPE_CHECKING:
    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

AWS = "overlays/aws/kustomization.yaml"
TRACKER = "base/position-tracker/deployment.yaml"
PLAIN = """\
apiVersion: v1
kind: Secret
metadata: {{name: a, namespace: fleetman}}
stringData: {{key: {0}}}
"""


def commit(fleet: FleetCopy) -> str:
    fleet.commit()
    return head(fleet)


def head(fleet: FleetCopy) -> str:
    return fleet.git("rev-parse", "HEAD").strip()


@pytest.fixture
def committed(fleet: FleetCopy) -> FleetCopy:
    commit(fleet)
    return fleet


def changes(fleet: FleetCopy, *words: str) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Give, of each environment and by path, both values and the place."""
    data = fleet.json("diff", *words).data
    return {
        environment["environment"]: {
            f"{one['resource']} {field['path']}".strip(): (
                *(field.get("before"), field.get("after")),
                f"{field['file']}:{field['line']}",
            )
            for one in environment["objects"]
            for field in one["fields"] or [one | {"path": ""}]
        }
        for environment in data["environments"]
    }


def test_a_change_of_the_base_is_shown_in_each_environment_that_it_reaches(
    committed: FleetCopy,
) -> None:
    committed.edit(TRACKER, "replicas: 1", "replicas: 3")
    line = committed.line(TRACKER, "replicas: 3")
    expected = {"Deployment/fleetman/position-tracker spec.replicas": (1, 3, f"{TRACKER}:{line}")}
    assert changes(committed) == {"local": expected, "aws": expected}
    assert changes(committed, "--env", "aws") == {"aws": expected}


def test_without_a_change_every_environment_is_a_line(committed: FleetCopy) -> None:
    committed.append(TRACKER, "# a comment\n")
    done = committed.run("diff")
    said = f"{head(committed)[:12]} -> the work tree\nlocal: no change\naws: no change\n"
    assert (done.code, done.out, done.err) == (0, said, "")


def test_a_promotion_is_the_tags_in_the_overlay(committed: FleetCopy) -> None:
    committed.run("promote", "release3", "--env", "aws")
    line = committed.line(AWS, "newTag: release3")
    name = "richardchesterwood/k8s-fleetman-position-tracker"
    image = "Deployment/fleetman/position-tracker spec.template.spec.containers[position-tracker]"
    assert changes(committed) == {
        "local": {},
        "aws": {f"{image}.image": (f"{name}:release2", f"{name}:release3", f"{AWS}:{line}")},
    }


def test_what_is_gone_has_the_place_where_it_was(committed: FleetCopy) -> None:
    line = committed.line(TRACKER, "enableServiceLinks")
    committed.edit(TRACKER, "      enableServiceLinks: false\n", "")
    committed.edit("base/queue/kustomization.yaml", "  - service.yaml\n", "")
    path = "Deployment/fleetman/position-tracker spec.template.spec.enableServiceLinks"
    assert changes(committed, "--env", "aws")["aws"] == {
        path: (False, None, f"{TRACKER}:{line}"),
        "Service/fleetman/fleetman-queue": (None, None, "base/queue/service.yaml:1"),
    }


def test_what_an_overlay_does_to_all_has_the_line_of_the_overlay(committed: FleetCopy) -> None:
    committed.append(AWS, "replicas:\n  - {name: queue, count: 2}\nlabels:\n  - pairs: {team: a}\n")
    found = changes(committed, "--env", "aws")["aws"]
    line = committed.line(AWS, "count: 2")
    assert found.pop("Deployment/fleetman/queue spec.replicas") == (1, 2, f"{AWS}:{line}")
    assert len(found) > 10
    line = committed.line(AWS, "team: a")
    assert {place for _, _, place in found.values()} == {f"{AWS}:{line}"}


def test_what_a_patch_takes_away_has_the_line_of_the_patch(committed: FleetCopy) -> None:
    deleted = "kind: Service, apiVersion: v1, metadata: {name: fleetman-queue}, $patch: delete"
    removed = (
        "kind: Deployment, apiVersion: apps/v1, metadata: {name: queue}, spec: {strategy: null}"
    )
    committed.append(AWS, "patches:\n  - path: a.yaml\n  - path: b.yaml\n")
    committed.write("overlays/aws/a.yaml", f"# The first\n{{{deleted}}}\n")
    committed.write("overlays/aws/b.yaml", f"{{{removed}}}\n")
    found = changes(committed, "--env", "aws")["aws"]
    assert found["Service/fleetman/fleetman-queue"][2] == "overlays/aws/a.yaml:2"
    assert {place for _, _, place in found.values()} == {
        "overlays/aws/a.yaml:2",
        "overlays/aws/b.yaml:1",
    }


def test_what_changes_nothing_is_counted_and_shown_if_asked_for(committed: FleetCopy) -> None:
    committed.edit(TRACKER, "memory: 512Mi", "memory: 0.5Gi")
    committed.edit(
        TRACKER,
        "      enableServiceLinks: false\n",
        "      enableServiceLinks: false\n      dnsPolicy: ClusterFirst\n",
    )
    out = committed.run("diff", "--env", "aws").out
    assert out.endswith("aws: no change; changes nothing: 1 default, 1 notation\n")
    out = committed.run("diff", "--env", "aws", "--all").out
    assert (
        '+   spec.template.spec.dnsPolicy: "ClusterFirst", which changes nothing (default)' in out
    )
    assert '"512Mi" -> "0.5Gi", which changes nothing (notation)' in out


def test_an_environment_that_comes_or_goes_is_a_change(committed: FleetCopy) -> None:
    before = head(committed)
    config = committed.read("fleetops.yaml")
    committed.write("fleetops.yaml", config.partition("  - name: aws")[0])
    found = committed.json("diff").data["environments"]
    assert [(one["environment"], one["outcome"]) for one in found] == [
        ("local", "unchanged"),
        ("aws", "removed"),
    ]
    assert {one["outcome"] for one in found[1]["objects"]} == {"removed"}
    after = commit(committed)
    found = committed.json("diff", "--from", after, "--to", before, "-e", "aws").data
    assert (found["start"], found["end"]) == (after, before)
    assert found["environments"][0]["outcome"] == "added"


def test_everything_is_new_where_there_was_no_fleet_before(fleet: FleetCopy) -> None:
    fleet.git("commit", "--quiet", "--allow-empty", "--message", "nothing")
    outcomes = {one["outcome"] for one in fleet.json("diff").data["environments"]}
    assert outcomes == {"added"}


def test_the_states_are_those_that_are_named(committed: FleetCopy) -> None:
    committed.edit(TRACKER, "replicas: 1", "replicas: 2")
    second = commit(committed)
    committed.edit(TRACKER, "replicas: 2", "replicas: 3")
    path = "Deployment/fleetman/position-tracker spec.replicas"
    assert changes(committed)["aws"][path][:2] == (2, 3)
    assert changes(committed, "--from", "HEAD~1")["aws"][path][:2] == (1, 3)
    assert changes(committed, "--from", "HEAD~1", "--to", second)["aws"][path][:2] == (1, 2)
    assert changes(committed, "--from", second, "--to", "HEAD~1")["aws"][path][:2] == (2, 1)


def test_a_state_that_cannot_be_rendered_is_said_and_the_others_are_compared(
    committed: FleetCopy,
) -> None:
    good = head(committed)
    committed.edit(AWS, "storageclass.yaml", "absent.yaml")
    broken = commit(committed)
    committed.edit(AWS, "absent.yaml", "storageclass.yaml")
    for words, said in (((), f"(commit {broken[:12]})"), (("--from", good, "--to", broken), AWS)):
        done = committed.json("diff", *words)
        local, aws = done.data["environments"]
        assert (done.code, local["outcome"], aws["outcome"]) == (1, "unchanged", "broken")
        assert said in aws["problem"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "nowhere"), "there is no commit 'nowhere'"),
        (("--to", "--all"), "expected one argument"),
        (("--to=--help",), "there is no commit '--help'"),
        (("--env", "asw"), "did you mean aws?"),
    ],
)
def test_what_does_not_exist_is_a_mistake_on_the_command_line(
    words: tuple[str, ...], said: str, committed: FleetCopy
) -> None:
    assert said in committed.refused("diff", *words, code=2)


def test_no_secret_is_shown_in_any_output(committed: FleetCopy) -> None:
    class_file = "overlays/aws/storageclass.yaml"
    lead = "          env:\n"
    variable = f"{lead}            - name: DB_PASSWORD\n              value: hunter2old\n"
    committed.append(class_file, f"---\n{PLAIN.format('hunter2old')}")
    committed.append(
        AWS,
        "secretGenerator:\n  - name: made\n    literals: [key=hunter2old]\n"
        "configMapGenerator:\n  - name: conf\n    literals: [x=password=hunter2old]\n",
    )
    committed.edit(TRACKER, lead, variable)
    commit(committed)
    for path in (class_file, AWS, TRACKER):
        committed.write(path, committed.read(path).replace("hunter2old", "hunter2new"))
    for kind in ("text", "json", "markdown"):
        done = committed.run("diff", "--env", "aws", "--all", "--output", kind)
        assert done.code == 0
        assert "hunter2" not in done.out
        assert "aHVudGVyM" not in done.out
        assert done.out.count("…") >= 8
    (aws,) = committed.json("diff", "--env", "aws").data["environments"]
    hidden = {
        (one["resource"].split("-")[0], field["path"].removeprefix("spec.template.spec."))
        for one in aws["objects"]
        for field in one["fields"]
        if field["hidden"]
    }
    assert hidden == {
        ("Secret/fleetman/a", "stringData.key"),
        ("Secret/fleetman/made", "data.key"),
        ("ConfigMap/fleetman/conf", "data.x"),
        ("Deployment/fleetman/position", "containers[position-tracker].env[DB_PASSWORD].value"),
    }
    generated = [one for one in aws["objects"] if one["formerly"]]
    assert [one["outcome"] for one in generated] == ["changed", "changed"]


def test_whatever_stands_in_it_is_only_shown(committed: FleetCopy) -> None:
    key, value = "\\n::error::a\\e[31m", "```<img src=x>\\n::set-output name=a::b"
    committed.append(
        "overlays/aws/storageclass.yaml",
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
        f'  annotations: {{"{key}": "{value}"}}\n',
    )
    commit(committed)
    committed.edit("overlays/aws/storageclass.yaml", "<img src=x>", "<img src=y>")
    for kind in ("text", "markdown"):
        done = committed.run("diff", "--env", "aws", "--output", kind)
        assert done.code == 0
        assert "\x1b" not in done.out
        lines = done.out.splitlines()
        assert not [line for line in lines if line.lstrip().startswith(("::", "##["))]
        assert not [line for line in lines if line.startswith("<")]
    fences = [line for line in lines if line.startswith("```")]
    assert fences == ["````diff", "````"]


def dangers(fleet: FleetCopy, *words: str) -> list[tuple[str, str, str, str, int | None]]:
    data = fleet.json("diff", "--env", "aws", *words).data
    return [
        (one["severity"], one["rule"], one["resource"], one["file"], one["line"])
        for one in data["environments"][0]["dangers"]
    ]


def test_what_a_change_is_in_danger_of_is_said_with_its_place(committed: FleetCopy) -> None:
    claim = "base/mongodb/persistentvolumeclaim.yaml"
    committed.edit("base/mongodb/kustomization.yaml", "  - persistentvolumeclaim.yaml\n", "")
    committed.edit(TRACKER, "replicas: 1", "replicas: 0")
    line = committed.line(TRACKER, "replicas: 0")
    tracker = "Deployment/fleetman/position-tracker"
    service = "Service/fleetman/fleetman-position-tracker"
    selector = committed.line("base/position-tracker/service.yaml", "selector")
    assert dangers(committed) == [
        ("refuse", "claim-removed", "PersistentVolumeClaim/fleetman/mongo-pvc", claim, 1),
        ("refuse", "scaled-to-zero", tracker, TRACKER, line),
        ("refuse", "endpoints-gone", service, "base/position-tracker/service.yaml", selector),
    ]
    done = committed.run("diff", "--env", "aws")
    assert done.code == 0
    assert done.out.splitlines()[-3].startswith(f"{claim}:1: refuse: [claim-removed] aws: ")


def test_a_promotion_is_in_no_danger(committed: FleetCopy) -> None:
    committed.run("promote", "release3", "--env", "aws")
    assert dangers(committed) == []


def test_a_change_cannot_allow_itself_a_registry(committed: FleetCopy) -> None:
    config = committed.read("fleetops.yaml")
    committed.write("fleetops.yaml", f"{config}registries: [docker.io]\n")
    commit(committed)
    assert dangers(committed) == []
    committed.write("fleetops.yaml", f"{config}registries: [docker.io, evil.example]\n")
    name = "richardchesterwood/k8s-fleetman-queue"
    committed.edit("base/queue/deployment.yaml", name, f"evil.example/{name}")
    committed.edit(AWS, f"name: {name}", f"name: evil.example/{name}")
    ((_, rule, resource, _, _),) = dangers(committed)
    assert (rule, resource) == ("registry-not-allowed", "Deployment/fleetman/queue")
    commit(committed)
    assert dangers(committed, "--from", "HEAD") == []


def on_a_terminal(fleet: FleetCopy, **environment: str) -> str:
    """Run it with its output on a terminal, and give what it printed."""
    terminal, inside = pty.openpty()
    env = {name: value for name, value in ENVIRONMENT.items() if name != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "fleetops", "diff"],
        cwd=fleet.root,
        env=env | {"TERM": "xterm"} | environment,
        stdout=inside,
    ) as process:
        os.close(inside)
        said = b""
        try:
            while piece := os.read(terminal, 65536):
                said += piece
        except OSError:
            pass  # what a terminal says at its end
        process.wait(timeout=60)
    os.close(terminal)
    assert process.returncode == 0
    return said.decode()


def test_colours_are_for_a_terminal_unless_it_is_told_otherwise(committed: FleetCopy) -> None:
    committed.edit(TRACKER, "replicas: 1", "replicas: 2")
    assert "\x1b[33m  ~   spec.replicas" in on_a_terminal(committed)
    assert "\x1b" not in on_a_terminal(committed, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(committed, TERM="dumb")
