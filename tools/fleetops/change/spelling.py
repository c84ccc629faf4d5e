"""A path as a person reads it, as in `spec.template.spec.containers[web].ports[80/TCP].name`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from fleetops.lists import identity, merge_keys
from fleetops.manifests import dig
from fleetops.shapes import below, root

if TYPE_CHECKING:
    from fleetops.goyaml import NodePath
    from fleetops.manifests import Manifest

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_IDENTITY = re.compile(r"[A-Za-z0-9_./:-]+")


def spelled(manifest: Manifest, path: NodePath) -> str:
    """Spell a path of an object: items by their merge keys, or by their index from 0."""
    said, shape, value = "", root(manifest), manifest.value
    for step in path:
        value = dig(value, step)
        if isinstance(step, str):
            said += f".{step}" if _KEY.fullmatch(step) else f"[{json.dumps(step)}]"
        else:
            keys = merge_keys(shape)
            name = "/".join(map(str, identity(value, keys))) if keys else str(step)
            said += f"[{name if _IDENTITY.fullmatch(name) else json.dumps(name)}]"
        shape = below(shape, step)
    return said.removeprefix(".")
