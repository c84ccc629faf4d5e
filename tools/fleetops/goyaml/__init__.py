"""YAML 1.1 as Go reads it: kustomize, kubeconform and the API server all do, PyYAML does not.

The rules are those of go.yaml.in/yaml/v2 (resolve.go) and sigs.k8s.io/yaml: `y`, `n` and `on` are
booleans, `0o17` and `1e3` numbers, `1:30` and a date strings, and every key becomes a string.
libyaml's events are read in one loop without recursion, so that neither nesting nor aliases of a
hostile file cost more than the limits below.
"""

from fleetops.goyaml.document import Document, Mark, NodePath
from fleetops.goyaml.reader import MAX_ALIASED, MAX_DEPTH, LimitError, is_plain_string, read
from fleetops.goyaml.scalars import resolve

__all__ = [
    "MAX_ALIASED",
    "MAX_DEPTH",
    "Document",
    "LimitError",
    "Mark",
    "NodePath",
    "is_plain_string",
    "read",
    "resolve",
]
