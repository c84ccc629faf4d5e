"""Names that no object can have, so that none of them comes into a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fleetops.manifests import Reference

# RFC 1123, as k8s.io/apimachinery/pkg/util/validation has it (IsDNS1123Label).
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# k8s.io/apimachinery/pkg/api/validation/path (IsValidPathSegmentName), and what HTTP forbids.
_SEGMENT: Final = re.compile(r"(?!\.\.?$)[^/%\x00-\x20\x7f]{1,253}")


def impossible_namespace(reference: Reference) -> str:
    """Say why no object can be in its namespace; nothing where one can."""
    if not reference.namespace or _LABEL.fullmatch(reference.namespace):
        return ""
    return (
        f"metadata.namespace: Invalid value: {reference.namespace!a}: no namespace can have that"
        " name: at most 63 of a to z, 0 to 9 and -, the first and the last no -"
    )


def impossible(reference: Reference) -> str:
    """Say why there can be no object of its name or namespace; nothing where there can."""
    if _SEGMENT.fullmatch(reference.name):
        return impossible_namespace(reference)
    return (
        f"metadata.name: Invalid value: {reference.name!a}: no object can have that name: it would"
        " have to stand in a path"
    )
