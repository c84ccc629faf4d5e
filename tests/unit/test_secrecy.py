"""What is secret is kept out of what is shown, and nothing else is."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from fleetops.manifests import dig, parse
from fleetops.secrecy import HIDDEN, is_encrypted, veil

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  automountServiceAccountToken: false
  containers:
  - name: a
    args: [--password, hunter2, --verbose, --token=hunter2]
    env:
    - {name: DB_PASSWORD, value: hunter2}
    - {name: COLOUR, value: red}
    - {name: URL, value: "http://user:hunter2@a.example"}
    - {name: API_KEY, valueFrom: {secretKeyRef: {name: a, key: token}}}
"""
CONTAINER = ("spec", "containers", 0)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("spec", "automountServiceAccountToken"), False),
        ((*CONTAINER, "args", 0), "--password"),
        ((*CONTAINER, "args", 1), HIDDEN),
        ((*CONTAINER, "args", 2), "--verbose"),
        ((*CONTAINER, "args", 3), f"--token={HIDDEN}"),
        ((*CONTAINER, "env", 0, "value"), HIDDEN),
        ((*CONTAINER, "env", 1, "value"), "red"),
        ((*CONTAINER, "env", 2, "value"), HIDDEN),
        ((*CONTAINER, "env", 0), {"name": "DB_PASSWORD", "value": HIDDEN}),
        (
            (*CONTAINER, "env", 3),
            {"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "token"}}},
        ),
    ],
)
def test_of_a_pod_only_what_is_secret_is_hidden(path: tuple[str | int, ...], shown: Any) -> None:  # noqa: ANN401
    (manifest,) = parse(POD, "pod")
    assert veil(manifest, path, manifest.get(*path)) == shown


@pytest.mark.parametrize("length", range(5))
def test_whatever_holds_a_secret_hides_it(length: int) -> None:
    (manifest,) = parse(POD, "pod")
    path = (*CONTAINER, "env", 0)[:length]
    shown = veil(manifest, path, manifest.get(*path))
    assert "hunter2" not in str(shown)
    assert dig(shown, *(*CONTAINER, "env", 1, "value")[length:]) == "red"


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        (("data", "colour"), True),
        (("data",), True),
        (("metadata", "annotations", "note"), True),
        (("metadata",), True),
        (("metadata", "name"), False),
        (("metadata", "labels", "app"), False),
        (("type",), False),
    ],
)
def test_of_a_secret_only_its_identity_is_shown(path: tuple[str, ...], *, hidden: bool) -> None:
    (manifest,) = parse(
        "apiVersion: v1\nkind: Secret\nmetadata:\n"
        "  {name: a, labels: {app: a}, annotations: {note: b}}\n"
        "type: Opaque\ndata: {colour: cmVk}\n",
        "secret",
    )
    assert (veil(manifest, path, manifest.get(*path)) == HIDDEN) is hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a=1\ndb.password = hunter2\nb=2", f"a=1\ndb.password = {HIDDEN}\nb=2"),
        ('{"api_key": "hunter2"}', f'{{"api_key": {HIDDEN}'),
        ("-----BEGIN RSA PRIVATE KEY-----\nhunter2", HIDDEN),
        ("passwords are not kept here", "passwords are not kept here"),
    ],
)
def test_a_text_is_shown_but_for_its_secrets(text: str, shown: str) -> None:
    (manifest,) = parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "map")
    assert veil(manifest, ("data", "conf"), text) == shown


ENCRYPTED = "ENC[AES256_GCM,data:Tr7o=,iv:1vJ8s=,tag:3Xj4=,type:str]"


@pytest.mark.parametrize(
    ("text", "encrypted"),
    [
        (f"password: {ENCRYPTED}\nsops:\n  mac: x\n", True),
        (f'{{"password": "{ENCRYPTED}", "sops": {{"mac": "x"}}}}', True),
        (f'{{\n\t"data": "{ENCRYPTED}",\n\t"sops": {{}}\n}}', True),
        (f"PASSWORD={ENCRYPTED}\nsops_version=3.9.0\n", True),
        (f"[web]\npassword = {ENCRYPTED}\n\n[sops]\nversion = 3.9.0\n", True),
        (f"password: {ENCRYPTED}\n", False),
        ("password: hunter2\nsops: {}\n", False),
        (f"password: {ENCRYPTED}\nnote: no sops: here\n", False),
    ],
)
def test_a_file_that_sops_has_encrypted_is_known(text: str, *, encrypted: bool) -> None:
    data = b64encode(text.encode()).decode()
    folded = "\n".join(data[at : at + 70] for at in range(0, len(data), 70))
    assert [is_encrypted(one) for one in (text, data, f"{folded}\n")] == [encrypted] * 3
