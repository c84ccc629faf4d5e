"""Bases of other repositories: only from where it is allowed, only as their commit says, once."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from certificates import certificate_of
from clusterhome import linked_programs
from fleetops.store import Store
from remotehost import RemoteHost
from serving import serving
from smallfleet import WEB, SmallFleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleetcopy import Done

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("programs")]

TOP = "overlays/one/kustomization.yaml"
ODD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd, namespace: shop}\ndatas: {}\n"
EVEN = ODD.replace("datas: {}", "data: {a: b}")
IMAGES = "images:\n  - name: example.test/web\n    newTag: v1\n"
BASE = {
    "web/kustomization.yaml": "resources: [web.yaml, ../linked]\n",
    "web/web.yaml": WEB,
    "more/kustomization.yaml": "resources: [objects.yaml]\n",
    "more/objects.yaml": ODD,
}
LINKS = {"linked": "more"}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteHost]:
    folder = tmp_path_factory.mktemp("host")
    certificate = certificate_of("127.0.0.1", folder)
    with serving(RemoteHost(folder / "repositories", certificate)) as server:
        yield server


class Remote(SmallFleet):
    """A fleet whose overlay stands on a base of a host, and a user with a cache of their own."""

    @classmethod
    def on(cls, folder: Path, host: RemoteHost, *entries: str) -> Remote:
        fleet = cls.make(folder)
        linked_programs(folder / "cache")
        fleet.append("fleetops.yaml", f'remotes: ["{host.name}/acme"]\n')
        fleet.stands_on(*entries)
        return fleet

    def stands_on(self, *entries: str) -> None:
        resources = "".join(f"  - {entry}\n" for entry in entries)
        self.write(TOP, f"resources:\n{resources}{IMAGES}")

    def by(self, host: RemoteHost, *words: str) -> Done:
        return self.run(*words, **self.user(host))

    def user(self, host: RemoteHost) -> dict[str, str]:
        return {
            "GIT_SSL_CAINFO": str(host.certificate),
            "XDG_CACHE_HOME": str(self.root.parent / "cache"),
        }

    @property
    def kept(self) -> Path:
        return self.root.parent / "cache/fleetops/remotes"


def test_a_base_is_fetched_once_and_judged_where_it_stands(
    tmp_path: Path, host: RemoteHost
) -> None:
    commit = host.commit("acme/base", BASE, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "web", commit))
    before, asked = fleet.snapshot(), len(host.asked)
    first = fleet.by(host, "validate", "--output", "json")
    label = f"https://{host.name}/acme/base@{commit}"
    assert first.findings == [("schema", f"{label}//more/objects.yaml", 4)]
    assert first.err == f"fetching {label}, once\n"
    assert len(host.asked) == asked + 1
    # What was said is remembered, and the base is not fetched for anything else either.
    assert fleet.by(host, "validate", "--output", "json").findings == first.findings
    (fleet.kept.parent / "validations").rename(tmp_path / "forgotten")
    assert fleet.by(host, "validate", "--output", "json").findings == first.findings
    assert fleet.by(host, "status").code == 0
    assert len(host.asked) == asked + 1
    assert fleet.snapshot() == before


def test_a_promotion_over_a_base_of_others_is_seen_gone_back_over_and_taken_back(
    tmp_path: Path, host: RemoteHost
) -> None:
    first = host.commit("acme/base", BASE | {"more/objects.yaml": EVEN}, LINKS)
    label = WEB.replace("labels: {app: web}", "labels: {app: web, is: labelled}")
    files = BASE | {"more/objects.yaml": EVEN, "web/web.yaml": label}
    second = host.commit("acme/base", files, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "web", first))
    fleet.commit()
    fleet.edit(TOP, first, second)
    told = fleet.by(host, "diff", "--output", "json").data["environments"][0]["objects"]
    assert [
        (one["path"], one["file"], one["line"]) for change in told for one in change["fields"]
    ] == [("spec.template.metadata.labels.is", TOP, 2)]
    assert fleet.by(host, "validate", "--from", "HEAD").code == 0
    fleet.commit()
    before = fleet.snapshot()
    promoted = fleet.by(host, "promote", "v2", "--env", "one", "--commit")
    assert promoted.code == 0, promoted
    changed = {path for path, state in fleet.snapshot().items() if before[path] != state}
    assert changed == {TOP}
    assert fleet.read(TOP) == f"resources:\n  - {host.url('acme/base', 'web', second)}\n" + (
        IMAGES.replace("v1", "v2")
    )
    entries = fleet.by(host, "history", "--env", "one", "--output", "json").data["entries"]
    assert [one["release"] for one in entries] == ["v2", "v1"]
    assert fleet.by(host, "rollback", "--env", "one").code == 0
    assert "newTag: v1" in fleet.read(TOP)


def test_a_base_of_a_base_and_a_component_are_traced_to_where_they_stand(
    tmp_path: Path, host: RemoteHost
) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    patch = "patches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n"
    patch += "      metadata: {name: web, namespace: shop}\n      spec: {replica: 2}\n"
    inner = host.commit("acme/parts", {"part/kustomization.yaml": component + patch})
    outer = {
        **BASE,
        "more/objects.yaml": EVEN,
        "whole/kustomization.yaml": "resources: [../web]\ncomponents:\n"
        f"  - {host.url('acme/parts', 'part', inner)}\n",
    }
    commit = host.commit("acme/base", outer, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "whole", commit))
    done = fleet.by(host, "validate", "--output", "json")
    place = f"https://{host.name}/acme/parts@{inner}//part/kustomization.yaml"
    assert done.findings == [("schema", place, 8)]


HOSTILE = {
    "out": ("resources: [../../x.yaml]", "leads out of the repository"),
    "etc": ("resources: [/etc/hostname]", "is not a relative path"),
    "link-out": ("resources: [out.yaml]", "leads out of its repository"),
    "link-to-etc": ("configMapGenerator: [{name: x, files: [etc]}]", "leads out of its repository"),
    "circle": ("resources: [round]", "is a link that leads in a circle"),
    "file": ("resources: [https://h.test/x.yaml]", "is a file, which is not fetched"),
    "unlisted": ("resources: [https://h.test/a/b?ref=main]", "h.test/a/b is not listed"),
    "patch": ("patches: [{path: https://h.test/x.yaml}]", "is not in the repository"),
    "plugin": ('generators: ["{apiVersion: x/v1, kind: X}"]', "is no configuration of one of"),
    "field": ("resource: [x.yaml]", "did you mean resources?"),
    "twice": ("resources: []\nresources: []", "has the key 'resources' twice"),
    "missing": ("resources: [missing.yaml]", "does not exist"),
    "module": ("resources: [../sub/x]", "is in a submodule, which is not fetched"),
    "another-folder": ("patches: [{path: ../out/kustomization.yaml}]", "is not in or below"),
    "broken": ("resources: [broken.yaml]", "is not YAML"),
}


def test_what_is_in_a_base_of_others_is_judged_as_what_is_here(
    tmp_path: Path, host: RemoteHost
) -> None:
    files = {f"{name}/kustomization.yaml": f"{said}\n" for name, (said, _) in HOSTILE.items()}
    links = {
        "link-out/out.yaml": "../../x.yaml",
        "link-to-etc/etc": "/etc/hostname",
        "circle/round": "round",
    }
    host.commit("acme/hostile", {**files, "broken/broken.yaml": "a: [\n"}, links)
    module = ("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    host.git("acme/hostile", *module)
    host.git("acme/hostile", "commit", "--quiet", "--amend", "--no-edit")
    commit = host.git("acme/hostile", "rev-parse", "HEAD").strip()
    fleet = Remote.on(tmp_path, host)
    config = "version: 1\nenvironments:\n"
    for name in HOSTILE:
        config += f'  - {{name: {name}, overlay: overlays/{name}, kubernetes: ["1.37"]}}\n'
        entry = host.url("acme/hostile", name, commit)
        fleet.write(f"overlays/{name}/kustomization.yaml", f"resources: ['{entry}']\n")
    fleet.write("fleetops.yaml", f'{config}remotes: ["{host.name}"]\n')
    (tmp_path / "x.yaml").write_text(EVEN)
    done = fleet.by(host, "validate", "--output", "json")
    label = f"https://{host.name}/acme/hostile@{commit}//"
    for found, (name, (_, message)) in zip(done.data["findings"], HOSTILE.items(), strict=True):
        assert (found["check"], found["environment"]) == ("unrenderable", name)
        assert message in found["message"], found
        assert found["file"].startswith(f"{label}{name}/"), found
        assert str(tmp_path) not in str(found)


def test_only_the_host_that_is_named_is_asked(tmp_path: Path, host: RemoteHost) -> None:
    commit = host.commit("acme/moved", BASE, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/moved", "web", commit))
    with serving(RemoteHost(host.folder, host.certificate)) as moved:
        moved.redirect = f"https://{host.name}"
        fleet.stands_on(moved.url("acme/moved", "web", commit))
        fleet.edit("fleetops.yaml", host.name, moved.name)
        asked = len(host.asked)
        done = fleet.by(host, "validate")
        assert done.code == 3
        assert f"{TOP}:2: https://{moved.name}/acme/moved cannot be fetched" in done.err
        assert len(host.asked) == asked
        # Nor a host that cannot prove who it is.
        moved.redirect = ""
        assert fleet.run("validate", XDG_CACHE_HOME=str(tmp_path / "cache")).code == 3
        assert fleet.by(host, "validate").code == 1


def test_a_commit_that_is_not_there_is_a_finding(tmp_path: Path, host: RemoteHost) -> None:
    host.commit("acme/base", BASE, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "web", "1" * 40))
    done = fleet.by(host, "validate", "--output", "json")
    assert done.findings == [("unrenderable", TOP, 2)]
    assert "has no commit 1111" in done.data["findings"][0]["message"]
    host.git("acme/base", "tag", "--annotate", "--message=one", "v1")
    tag = host.git("acme/base", "rev-parse", "v1").strip()
    fleet.stands_on(host.url("acme/base", "web", tag))
    done = fleet.by(host, "validate", "--output", "json")
    assert done.findings == [("unrenderable", TOP, 2)]
    assert "is a tag and no commit" in done.data["findings"][0]["message"]


def test_a_change_does_not_allow_itself_a_host(tmp_path: Path, host: RemoteHost) -> None:
    commit = host.commit("acme/base", BASE | {"more/objects.yaml": EVEN}, LINKS)
    fleet = Remote.on(tmp_path, host)
    fleet.edit("fleetops.yaml", f'remotes: ["{host.name}/acme"]\n', "")
    fleet.write(TOP, f"resources:\n  - web.yaml\n{IMAGES}")
    fleet.commit()
    fleet.append("fleetops.yaml", f'remotes: ["{host.name}/acme"]\n')
    fleet.stands_on(host.url("acme/base", "web", commit))
    asked = len(host.asked)
    done = fleet.by(host, "validate", "--from", "HEAD", "--output", "json")
    assert done.findings == [
        ("unrenderable", TOP, 2),
        ("safeguard-loosened", "fleetops.yaml", 6),
    ]
    assert f"bases may be fetched from {host.name}/acme" in done.out
    compared = fleet.by(host, "diff")
    assert compared.code == 1
    assert f"{host.name}/acme/base is not listed" in compared.out
    assert len(host.asked) == asked
    accepted = ("--accept", "safeguard-loosened", "--because", "it is ours")
    assert fleet.by(host, "validate", "--from", "HEAD", *accepted).code == 0
    assert len(host.asked) > asked


def test_what_is_kept_is_never_trusted_over_the_commit(tmp_path: Path, host: RemoteHost) -> None:
    commit = host.commit("acme/base", BASE, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "web", commit))
    first = fleet.by(host, "validate", "--output", "json")
    (entry,) = fleet.kept.iterdir()
    store = Store(fleet.kept)
    content = store.read(entry.name)
    assert content is not None
    # As a fault of the disk leaves it, and as somebody would who knows how it is kept.
    entry.write_bytes(entry.read_bytes()[:-20])
    (fleet.kept.parent / "validations").rename(tmp_path / "forgotten")
    assert fleet.by(host, "validate", "--output", "json").findings == first.findings
    store.write(entry.name, content.replace(b"datas: {}", b"data:  {}"))
    (fleet.kept.parent / "validations").rename(tmp_path / "forgotten again")
    asked = len(host.asked)
    again = fleet.by(host, "validate", "--output", "json")
    assert again.findings == first.findings
    assert len(host.asked) == asked + 1


def test_runs_at_once_and_one_that_is_killed_leave_it_whole(
    tmp_path: Path, host: RemoteHost
) -> None:
    commit = host.commit("acme/base", BASE | {"more/objects.yaml": EVEN}, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "web", commit))
    host.held.clear()
    asked = len(host.asked)
    try:
        killed = fleet.start("validate", **fleet.user(host))
        deadline = time.monotonic() + 60
        while len(host.asked) == asked:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(killed.pid, signal.SIGKILL)
        killed.communicate()
    finally:
        host.held.set()
    for left in (tmp_path / "tmp").iterdir():
        left.rename(tmp_path / f"left-{left.name}")
    runs = [fleet.start("validate", **fleet.user(host)) for _ in range(2)]
    ended = [one.communicate(timeout=120) for one in runs]
    assert [one.returncode for one in runs] == [0, 0], ended
    assert len(list(fleet.kept.iterdir())) == 1


def test_ssh_is_the_users_own(tmp_path: Path, host: RemoteHost) -> None:
    commit = host.commit("acme/base", BASE | {"more/objects.yaml": EVEN}, LINKS)
    script = tmp_path / "plays-ssh"
    script.write_text(
        f'#!/bin/sh\n[ "$*" = "git@git.test git-upload-pack \'acme/base\'" ] || exit 9\n'
        f"cd {host.folder} && exec git upload-pack acme/base\n"
    )
    script.chmod(0o755)
    fleet = Remote.on(tmp_path, host, f"git@git.test:acme/base//web?ref={commit}")
    fleet.write("fleetops.yaml", fleet.read("fleetops.yaml").replace(host.name, "git.test"))
    done = fleet.run("validate", GIT_SSH=str(script), **fleet.user(host))
    assert done.code == 0, done


def test_what_kustomize_would_note_of_a_clone_is_refused(tmp_path: Path, host: RemoteHost) -> None:
    commit = host.commit("acme/base", BASE, LINKS)
    fleet = Remote.on(tmp_path, host, host.url("acme/base", "web", commit))
    fleet.append(TOP, "buildMetadata: [originAnnotations]\n")
    done = fleet.by(host, "validate", "--output", "json")
    assert done.findings == [("unrenderable", TOP, 6)]
