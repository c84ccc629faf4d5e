"""Kustomizations: reading what they are made of, and editing their images."""

from fleetops.kustomization.closure import Closure, Kustomization, read_closure
from fleetops.kustomization.entries import ImageEntry, image_entries
from fleetops.kustomization.images import Pin, set_images
from fleetops.kustomization.trace import Tracer

__all__ = [
    "Closure",
    "ImageEntry",
    "Kustomization",
    "Pin",
    "Tracer",
    "image_entries",
    "read_closure",
    "set_images",
]
