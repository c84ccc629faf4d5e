"""Kustomizations: reading what they are made of, and editing their images."""

from fleetops.kustomization.closure import Closure, Kustomization
from fleetops.kustomization.entries import ImageEntry, image_entries, read_document
from fleetops.kustomization.fields import LOADED, NAMES
from fleetops.kustomization.images import Pin, set_images
from fleetops.kustomization.retag import retagged
from fleetops.kustomization.trace import Tracer
from fleetops.kustomization.variables import SUBSTITUTE, Variables, read_variables, synced_by
from fleetops.kustomization.walk import Allowed, is_below, links_on, read_closure

__all__ = [
    "LOADED",
    "NAMES",
    "SUBSTITUTE",
    "Allowed",
    "Closure",
    "ImageEntry",
    "Kustomization",
    "Pin",
    "Tracer",
    "Variables",
    "image_entries",
    "is_below",
    "links_on",
    "read_closure",
    "read_document",
    "read_variables",
    "retagged",
    "set_images",
    "synced_by",
]
