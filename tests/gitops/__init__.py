"""The fleet synced by the real Argo CD and the real Flux, on a throwaway Kubernetes."""
