"""The API of a Kubernetes: reached, asked, and applied to as a GitOps controller does."""

from fleetops.kube.access import Access, Direct, Proxied
from fleetops.kube.client import Answer, Client, UnreachableError
from fleetops.kube.kinds import Kinds, Resource, in_namespace

__all__ = [
    "Access",
    "Answer",
    "Client",
    "Direct",
    "Kinds",
    "Proxied",
    "Resource",
    "UnreachableError",
    "in_namespace",
]
