"""A stranger's pull request, checked with a token at hand: it is read, and that is all."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from fleetcopy import ENVIRONMENT, programs_on_path
from pastfleet import PastFleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleetcopy import FleetCopy

pytestmark = pytest.mark.acceptance

TOKEN = "a-token-that-nobody-may-see"  # noqa: S105
NAMES = ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "FORGEJO_TOKEN")
TOKENS = dict.fromkeys(NAMES, TOKEN)
BASE = "base/web.yaml"
KUSTOMIZATION = "base/kustomization.yaml"
ENVIRON = "/proc/self/environ"
SCHEMA = "schemas/example.test/widget_v1.json"
HOSTILE = (
    "::error::a\n::set-output name=a::b\r##[add-mask]a ##vso[task.complete]"
    "\x1b[2J\x9b2J\u202e\u2028"
    "<img src=x onerror=a> [a](https://evil.test) ![a](https://evil.test) @everyone ``` ~~~"
)
HOOKS = (
    *("applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit"),
    *("post-index-change", "post-merge", "post-rewrite", "pre-auto-gc", "pre-commit"),
    *("pre-push", "prepare-commit-msg", "reference-transaction"),
)
PROGRAMS = {
    "alias.rev-parse": "!{}",
    "core.alternateRefsCommand": "{}",
    "core.askPass": "{}",
    "core.editor": "{}",
    "core.fsmonitor": "{}",
    "core.gitProxy": "{}",
    "core.pager": "{}",
    "core.sshCommand": "{}",
    "credential.helper": "!{}",
    "diff.evil.command": "{}",
    "diff.evil.textconv": "{}",
    "diff.external": "{}",
    "filter.evil.clean": "{}",
    "filter.evil.process": "{}",
    "filter.evil.smudge": "{}",
    "gpg.program": "{}",
    "gpg.ssh.program": "{}",
    "interactive.diffFilter": "{}",
    "merge.evil.driver": "{}",
    "pager.log": "{}",
    "pager.rev-parse": "{}",
    "remote.origin.promisor": "true",
    "remote.origin.uploadpack": "{}",
    "remote.origin.url": "ext::{}",
    "remote.origin.vcs": "evil",
    "trailer.accepted.command": "{}",
    "uploadpack.packObjectsHook": "{}",
}
"""What a configuration of git can name a program with."""
MODULES = (
    *("sitecustomize.py", "usercustomize.py", "conftest.py", "argcomplete.py", "msgspec.py"),
    *("yaml.py", "json.py", "fleetops.py", "fleetops/__init__.py", "fleetops/__main__.py"),
)
FUNCTION = """\
apiVersion: example.test/v1
kind: Evil
metadata:
  name: evil
  annotations:
    config.kubernetes.io/function: |
      {}
"""


COMMANDS = (
    ("validate", "--from", "HEAD~1"),
    ("diff", "--from", "HEAD~1"),
    ("status",),
    ("history", "--env", "one"),
    ("promote", "v2", "--env", "one", "--dry-run"),
)
"""What a pipeline may run on a pull request."""


@pytest.fixture
def spy(tmp_path: Path) -> Path:
    """Give a program that leaves a trace where it is run."""
    script = tmp_path / "spy"
    script.write_text(f"#!/bin/sh\necho ran >> {tmp_path / 'ran'}\ncat\n")
    script.chmod(0o755)
    return script


def ran(spy: Path) -> bool:
    return spy.with_name("ran").exists()


def run_all(fleet: FleetCopy, output: str = "text", **environment: str) -> Iterator[str]:
    """Run every command with tokens at hand, and give what each says; none may fail by itself."""
    for words in COMMANDS:
        done = fleet.run(*words, "--output", output, **TOKENS, **environment)
        assert done.code in {0, 1, 2}, (words, done)
        assert TOKEN not in done.out + done.err, words
        yield done.out + done.err


def test_no_setting_hook_or_attribute_of_git_has_a_program_run(past: PastFleet, spy: Path) -> None:
    past.run_in("one", "v2")
    past.write(".gitattributes", "* filter=evil diff=evil merge=evil ident export-subst\n")
    past.record()
    commit = past.git("cat-file", "commit", "HEAD").partition("\n\n")
    signed = f"{commit[0]}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----"
    signed = f"{signed}\n\n{commit[2]}"
    name = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],  # noqa: S607
        cwd=past.root,
        env=ENVIRONMENT,
        input=signed,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    past.git("update-ref", "HEAD", name)
    past.run_in("two", "v2")
    for key, value in PROGRAMS.items():
        past.git("config", key, value.format(spy))
    for key, value in (
        ("log.showSignature", "true"),
        ("protocol.ext.allow", "always"),
        ("core.hooksPath", str(past.root / "hooks")),
    ):
        past.git("config", key, value)
    for folder in ("hooks", ".git/hooks"):
        (past.root / folder).mkdir(exist_ok=True)
        for hook in HOOKS:
            shutil.copy(spy, past.root / folder / hook)
    spy.with_name("ran").unlink(missing_ok=True)
    # What is missing would have to be fetched.
    blob = past.git("rev-parse", "HEAD~1:base/web.yaml").strip()
    assert all(run_all(past))
    (past.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    past.git("config", "core.repositoryFormatVersion", "1")
    past.git("config", "extensions.partialClone", "origin")
    done = past.run("validate", "--from", "HEAD~1", **TOKENS)
    assert done.code == 3, done
    assert not ran(spy)


def test_a_bare_repository_among_the_files_is_not_asked(tmp_path: Path, spy: Path) -> None:
    past = PastFleet.make(tmp_path, "fleet")
    past.run_in("one", "v1")
    past.run_in("two", "v1")
    head = past.record()
    past.git("clone", "--quiet", "--bare", str(past.root.parent), str(tmp_path / "bare"))
    for part in ("HEAD", "objects", "refs"):
        (tmp_path / "bare" / part).rename(past.root / part)
    past.write("refs/heads/main", f"{head}\n")
    past.write("config", f"[core]\n\tworktree = {past.root}\n\tfsmonitor = {spy}\n")
    spy.with_name("ran").unlink(missing_ok=True)
    done = past.run("validate", "--from", "main", **TOKENS)
    assert done.code == 2
    assert "bare" in done.err
    assert not ran(spy)


def test_no_module_of_the_repository_is_imported(past: PastFleet, spy: Path) -> None:
    past.record()
    for name in MODULES:
        past.write(name, f"import subprocess\nsubprocess.run([{str(spy)!r}], input=b'')\n")
    past.write("evil.pth", f"import os; os.system({str(spy)!r})\n")
    past.write("pyvenv.cfg", "home = .\n")
    past.write(".env", f"PATH={past.root}\n")
    for program in ("git", "kustomize", "kubeconform", "python3", "sh"):
        shutil.copy(spy, past.root / program)
    path = f".{os.pathsep}{os.pathsep}{past.root}{os.pathsep}{os.environ['PATH']}"
    assert all(run_all(past, PATH=path))
    assert not ran(spy)


@pytest.mark.parametrize(
    ("field", "function"),
    [
        ("generators", "exec: {{path: ./evil}}"),
        ("generators", "exec: {{path: {}}}"),
        ("generators", "container: {{image: evil.test/evil}}"),
        ("transformers", "starlark: {{path: evil.star, name: evil}}"),
        ("validators", "exec: {{path: ./evil}}"),
    ],
)
def test_no_function_of_kustomize_is_run(
    field: str, function: str, past: PastFleet, spy: Path
) -> None:
    past.write("base/function.yaml", FUNCTION.format(function.format(spy)))
    past.write("base/evil.star", "def run(): pass\n")
    shutil.copy(spy, past.root / "base/evil")
    past.append(KUSTOMIZATION, f"{field}: [function.yaml]\n")
    done = past.run("validate", "--from", "HEAD", **TOKENS)
    assert (done.code, ran(spy)) == (1, False)
    assert "base/function.yaml:1: error: [unrenderable]" in done.out


@pytest.mark.parametrize(
    ("link", "target", "text"),
    [
        (BASE, "{}", ""),
        ("base/patch.yaml", "{}", "patches: [{path: patch.yaml}]\n"),
        ("base/data", ENVIRON, "configMapGenerator: [{name: a, files: [data]}]\n"),
        ("base/data.env", ENVIRON, "secretGenerator: [{name: a, envs: [data.env]}]\n"),
        ("releases/v2.yaml", "{}", ""),
        (SCHEMA, "{}", ""),
        ("CODEOWNERS", ENVIRON, ""),
        ("fleetops.yaml", "{}", ""),
        ("overlays/one/kustomization.yaml", "{}", ""),
    ],
)
def test_nothing_outside_is_read_by_a_link(
    link: str, target: str, text: str, past: PastFleet, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_text(f"a: {TOKEN}\n")
    past.write(SCHEMA, "{}")
    gates = "    gates: {approvals: codeowners}\nschemas: [schemas]\n"
    past.append("fleetops.yaml", gates)
    past.write("CODEOWNERS", "* @ops\n")
    past.record()
    path = past.root / link
    path.unlink(missing_ok=True)
    path.symlink_to(target.format(outside))
    past.append(KUSTOMIZATION, text)
    failed = past.run("validate", "--from", "HEAD", **TOKENS)
    owners = link == "CODEOWNERS"
    said = "what names the owners is gone" if owners else "leads out of the repository"
    assert (failed.code, said in failed.out + failed.err) == (1, True)
    past.record()
    # As a commit, and as the work tree.
    for words in (("diff", "--from", "HEAD~1", "--to", "HEAD"), ("history", "--env", "one")):
        done = past.run(*words, **TOKENS)
        assert TOKEN not in failed.out + failed.err + done.out + done.err
    assert outside.read_text() == f"a: {TOKEN}\n"


@pytest.mark.parametrize(
    "entry",
    [
        "resources: ['http://{0}/web.yaml']",
        "resources: ['http://{0}/org/repository.git//base?ref=main']",
        "resources: ['git::http://{0}/repository']",
        "resources: ['{0}/org/repository.git//base']",
        "resources: ['{0}']",
        "resources: ['git@127.0.0.1:org/repository']",
        "components: ['http://{0}/base']",
        "patches: [{{path: 'http://{0}/patch.yaml'}}]",
        "crds: ['http://{0}/crd.json']",
        "openapi: {{path: 'http://{0}/openapi.json'}}",
        "configurations: ['http://{0}/configuration.yaml']",
        "configMapGenerator: [{{name: a, files: ['http://{0}/file']}}]",
        "replacements: [{{path: 'http://{0}/replacement.yaml'}}]",
        "generators: ['http://{0}/generator.yaml']",
        "helmCharts: [{{name: a, repo: 'http://{0}/charts', version: '1'}}]",
    ],
)
def test_nobody_is_called(entry: str, past: PastFleet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        # What looks like an address may also be there.
        past.write(f"base/{address}/org/repository.git/base/kustomization.yaml", "resources: []\n")
        past.write(f"base/{address}/kustomization.yaml", "resources: []\n")
        past.write(KUSTOMIZATION, entry.format(address) + "\n")
        past.git("remote", "add", "origin", f"http://{address}/org/repository")
        past.record()
        # So that it is looked at, as it is and as it was.
        past.append(KUSTOMIZATION, "# another\n")
        done = past.run("validate", "--from", "HEAD", **TOKENS)
        assert (done.code, TOKEN in done.out + done.err) == (1, False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_no_program_gets_a_token(past: PastFleet, tmp_path: Path) -> None:
    past.run_in("one", "v2")
    past.record()
    log = tmp_path / "log"
    script = f'{{ echo "program $0"; env; }} >> {log}; exec $REAL "$@"'
    environment = programs_on_path(tmp_path, kustomize=script, kubeconform=script)
    git = tmp_path / "bin/git"
    git.write_text(f"#!/bin/sh\nREAL={shutil.which('git')}\n{script}\n")
    git.chmod(0o755)
    assert all(run_all(past, **environment))
    seen = log.read_text()
    for name in ("git", "kustomize", "kubeconform"):
        assert f"program {tmp_path / 'bin' / name}\n" in seen
    assert TOKEN not in seen


def test_no_word_of_it_is_obeyed_in_any_output(past: PastFleet) -> None:
    word = json.dumps(HOSTILE)
    path = json.dumps(f"##[error]{HOSTILE.replace('/', '|')}.yaml")
    past.write(f"base/{json.loads(path)}", "a: [\n")
    past.write(
        "releases/v4.yaml",
        past.read("releases/v4.yaml").replace("images:", f"description: {word}\nimages:"),
    )
    past.edit(
        BASE, "labels: {app: web}\n    spec", f"labels: {{app: web, {word}: {word}}}\n    spec"
    )
    past.edit(BASE, "        - name: web\n", f"        - name: {word}\n          args: [{word}]\n")
    freeze = f"from: 2020-01-01 00:00, to: 2999-01-01 00:00, zone: UTC, reason: {word}"
    past.append("fleetops.yaml", f"    gates: {{freeze: [{{{freeze}}}]}}\n")
    past.run_in("two", "v1")
    past.record(HOSTILE, author="::error::##[group]\x1b[2J<img src=x>")
    past.run_in("two", "v2")
    past.append(
        "fleetops.yaml", f"exceptions: [{{check: schema, resource: Pod/a, reason: {word}}}]\n"
    )
    past.record(f"Merge pull request #1 from ##[error]\n\n{HOSTILE}\n\nAccepted: {HOSTILE}")
    texts = [*run_all(past), *run_all(past, "json"), past.run("releases").out]
    texts.append(past.run("diff", "--from", "HEAD~1", "--output", "markdown").out)
    past.append(KUSTOMIZATION, f"resources_: [{word}]\n")
    texts += run_all(past)
    past.write(KUSTOMIZATION, f"resources: [web.yaml, {path}]\n")
    texts += run_all(past, "json")
    # What is to be harmless has to be there.
    assert any("set-output" in text for text in texts)
    assert any("add-mask" in text for text in texts)
    for text in texts:
        assert not re.search(r"[^\n\x20-\x7e\xa0-\u2027\u2030-\ud7ff]", text), text
        for line in text.splitlines():
            assert not line.lstrip().startswith("::"), line
            assert not re.search(r"##\w*\[", line), line


def test_markdown_has_nothing_of_it_outside_of_a_block(past: PastFleet) -> None:
    word = json.dumps(HOSTILE)
    past.edit(BASE, "        - name: web\n", f"        - name: web\n          args: [{word}]\n")
    done = past.run("diff", "--output", "markdown", **TOKENS)
    bare = re.sub(r"(?ms)^(`{3,})diff\n.*?^\1$", "", done.out)
    assert "onerror" in done.out
    for harmful in ("<img", "](", "@everyone", "onerror"):
        assert harmful not in bare
