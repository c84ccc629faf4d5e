"""Checks whose findings are made elsewhere: their pages and severities are kept with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetops.checks.interface import Check
from fleetops.manifests import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetops.checks.interface import Problem, Scene


def unrenderable(_scene: Scene) -> Iterator[Problem]:
    """The environment cannot be rendered.

    A controller could not render it either, or it leads out of the repository, which is not
    followed here: a file that is missing or is not YAML, a circle of bases, a link or a URL to
    somewhere else, a Helm chart, more than the limits of time and size. Nothing else can be said of
    the environment until that is put right.
    """
    yield from ()


def schema(_scene: Scene) -> Iterator[Problem]:
    """An object does not match its schema.

    The API server of the named Kubernetes minor would refuse the object, or drop a field without a
    word: a field that does not exist, a value of the wrong type, a word that is not one of those
    allowed. kubeconform says so, strictly and offline, from schemas generated from the sources of
    that minor. Correct the field on the line that is named.
    """
    yield from ()


def unknown_kind(_scene: Scene) -> Iterator[Problem]:
    """No schema is known for an object.

    Nothing can be said of an object whose kind has no schema, so it does not pass. Either its
    apiVersion or kind is misspelt or gone from that Kubernetes minor, or it is a custom resource:
    then put the JSON schema of its CustomResourceDefinition, as `<group>/<kind>_<version>.json`
    with the kind in lower case, into a folder that `schemas` in fleetops.yaml names.
    """
    yield from ()


def unused_exception(_scene: Scene) -> Iterator[Problem]:
    """An exception in fleetops.yaml excuses nothing.

    The resource that it names is gone, or no longer has the finding. An exception that outlives its
    reason would silently excuse the next mistake: take it out of fleetops.yaml.
    """
    yield from ()


UNRENDERABLE = Check(unrenderable, Severity.ERROR)
SCHEMA = Check(schema, Severity.ERROR)
UNKNOWN_KIND = Check(unknown_kind, Severity.ERROR)
UNUSED_EXCEPTION = Check(unused_exception, Severity.WARNING)
CHECKS = (UNRENDERABLE, SCHEMA, UNKNOWN_KIND, UNUSED_EXCEPTION)
