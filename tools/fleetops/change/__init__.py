"""The old render against the new one."""

from fleetops.change.differences import Difference, differences
from fleetops.change.proof import ImageChange, prove, wanted_images

__all__ = ["Difference", "ImageChange", "differences", "prove", "wanted_images"]
