"""Certificates for servers on loopback."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from fleetcopy import ROOT
from fleetops.programs import KUSTOMIZE
from fleetops.programs.golang import download_environment, find_go
from fleetops.programs.pins import read_pin

if TYPE_CHECKING:
    from pathlib import Path


def certificate_of(host: str, folder: Path) -> Path:
    """Make a certificate that nobody has signed but itself, by the program that Go comes with."""
    go = find_go(read_pin(KUSTOMIZE).go, ROOT, print)
    environment = {**download_environment(folder, ROOT), **go.environment, "GOTOOLCHAIN": "local"}
    program = str(go.path)
    asked = [program, "env", "GOROOT"]
    root = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    script = f"{root.stdout.strip()}/src/crypto/tls/generate_cert.go"
    words = [program, "run", script, "--host", host, "--ca", "--ecdsa-curve", "P256"]
    subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=True)
    return folder / "cert.pem"
