"""What a cluster's parts know each other by: made anew for each, and readable by the user only."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Final

# NIST P-256, from FIPS 186-5: the order of its group.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# RFC 5915: a sequence of version 1, the key's 32 bytes, and the curve by its object identifier.
_BEFORE_KEY: Final = bytes.fromhex("30310201010420")
_AFTER_KEY: Final = bytes.fromhex("a00a06082a8648ce3d030107")

USERS: Final = {
    "admin": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "kwok": "system:masters",
}
"""Who talks to the API server, and the group of each."""


def signing_key() -> str:
    """Make an elliptic-curve private key in PEM, with which service account tokens are signed."""
    number = secrets.randbelow(_ORDER - 1) + 1
    der = _BEFORE_KEY + number.to_bytes(32, "big") + _AFTER_KEY
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"


def make_tokens() -> dict[str, str]:
    """Make a token for each user."""
    return {user: secrets.token_hex(32) for user in USERS}


def token_file(tokens: dict[str, str]) -> str:
    """Write the tokens as kube-apiserver reads them: token, user, its identifier, groups."""
    return "".join(f"{token},{user},{user},{USERS[user]}\n" for user, token in tokens.items())


def kubeconfig(context: str, server: str, certificate: bytes, token: str) -> str:
    """Write a kubeconfig with one context; JSON is YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": context,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": base64.b64encode(certificate).decode(),
                },
            }
        ],
        "users": [{"name": context, "user": {"token": token}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "current-context": context,
    }
    return f"{json.dumps(document, indent=2)}\n"
