"""A real one-node Kubernetes cluster in a network namespace of its own, for tests and the demo (hack/cluster)."""
