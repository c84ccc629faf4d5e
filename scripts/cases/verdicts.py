#!/usr/bin/env python3
"""Ask a real API server for its verdict on every case in tests/cases/api-server.

    python scripts/cases/verdicts.py

Writes verdicts.json beside the cases. Each case has a namespace of its own on a throwaway cluster;
its documents are really created there, one after the other, and then removed, since they could
stand in the way of the next case. A case that lies in the wrong folder is named, and the exit code
is 1.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetops.api.cluster import throwaway
from fleetops.cluster import kubectl
from fleetops.manifests import parse

if TYPE_CHECKING:
    from fleetops.cluster import Cluster
    from fleetops.programs import Completed

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/api-server"
VERDICTS = CASES / "verdicts.json"

WAIT_SECONDS = 60
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What has to be so before the API server heeds an object in the documents after it.
EFFECTIVE = {
    "CustomResourceDefinition": "condition=Established",
    "ResourceQuota": "jsonpath={.status.hard}",
}


def main() -> int:
    """Write the verdicts, and say which case is in the wrong folder."""
    cases = sorted(CASES.glob("*/*.yaml"))
    verdicts = {}
    with throwaway(ROOT, "verdicts", 120, _narrate) as cluster:
        namespaces = [f"case-{number}" for number in range(len(cases))]
        _create_namespaces(cluster, namespaces)
        for path, namespace in zip(cases, namespaces, strict=True):
            verdicts[path.relative_to(CASES).as_posix()] = _judge(cluster, namespace, path)
    VERDICTS.write_text(json.dumps(verdicts, indent=2, ensure_ascii=False) + "\n")
    wrong = [name for name, found in verdicts.items() if Path(name).parent.name != _sum(found)]
    for name in wrong:
        _narrate(f"{name} is {_sum(verdicts[name])}")
    return 1 if wrong else 0


def _judge(cluster: Cluster, namespace: str, path: Path) -> list[dict[str, Any]]:
    """Create the documents of a case, remove them, and give the verdict on each."""
    texts = re.split(r"^---\n", path.read_text(), flags=re.MULTILINE)
    verdicts: list[dict[str, Any]] = []
    created: list[str] = []
    for index, text in enumerate(texts):
        (manifest,) = parse(text, path.name)
        arguments = ("create", "--validate=strict", "-n", namespace, "-f", "-")
        done = kubectl(cluster, *arguments, stdin=text.encode())
        if done.returncode == 0:
            created.insert(0, text)
            condition = EFFECTIVE.get(manifest.reference.kind)
            if condition:
                _await(cluster, namespace, manifest.reference.short, condition)
        verdicts.append(
            {
                "document": index,
                "resource": manifest.reference.short,
                "verdict": "refused" if done.returncode else "accepted",
                "message": _words(done, namespace) if done.returncode else "",
            }
        )
    if created:
        arguments = ("delete", "--now", "-n", namespace, "-f", "-")
        _succeed(kubectl(cluster, *arguments, stdin="---\n".join(created).encode()))
        # What a StatefulSet has claimed stays, and would be bound to the next case's volume.
        _succeed(kubectl(cluster, "delete", "-n", namespace, "persistentvolumeclaims", "--all"))
    return verdicts


def _create_namespaces(cluster: Cluster, names: list[str]) -> None:
    """Create them, and wait until pods can be in them."""
    items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one}} for one in names]
    stream = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    _succeed(kubectl(cluster, "create", "-f", "-", stdin=stream))
    deadline = time.monotonic() + WAIT_SECONDS
    query = ("get", "serviceaccounts", "-A", "--field-selector=metadata.name=default", "-o", "name")
    while _succeed(kubectl(cluster, *query)).stdout.count(b"\n") < len(names):
        if time.monotonic() > deadline:
            raise SystemExit("namespaces are without their ServiceAccount")


def _await(cluster: Cluster, namespace: str, what: str, condition: str) -> None:
    _succeed(kubectl(cluster, "wait", "-n", namespace, what, f"--for={condition}"))


def _words(done: Completed, namespace: str) -> str:
    """Give what the API server said, without what kubectl adds and what is new in every run."""
    lines = done.stderr.decode().splitlines()
    said = "\n".join(line for line in lines if not line.startswith("Warning: "))
    said = said.rpartition('"STDIN": ')[2]
    return UID.sub("UID", re.sub(rf"\b{namespace}\b", "NAMESPACE", said))


def _sum(verdicts: list[dict[str, Any]]) -> str:
    return "refused" if any(one["verdict"] == "refused" for one in verdicts) else "accepted"


def _succeed(done: Completed) -> Completed:
    """Give it back, unless it has failed: then nothing that follows would count."""
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return done


def _narrate(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
