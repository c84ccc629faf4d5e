"""fleetops: promote a release through Kustomize overlays, and prove what that changes."""

__version__ = "0.1.0"
