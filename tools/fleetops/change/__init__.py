"""The old render against the new one."""

from fleetops.change.differences import Difference, ObjectDifference, Reason, differences
from fleetops.change.proof import ImageChange, prove, wanted_images
from fleetops.change.spelling import spelled

__all__ = [
    "Difference",
    "ImageChange",
    "ObjectDifference",
    "Reason",
    "differences",
    "prove",
    "spelled",
    "wanted_images",
]
