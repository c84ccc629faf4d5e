"""A throwaway Kubernetes: a real control plane on loopback, with kwok in the kubelet's place."""

from fleetops.cluster.kubectl import kubectl
from fleetops.cluster.lifecycle import down, explained, sweep, throwaway, up
from fleetops.cluster.plan import Cluster, Plan

__all__ = ["Cluster", "Plan", "down", "explained", "kubectl", "sweep", "throwaway", "up"]
