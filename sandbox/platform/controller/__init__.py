"""Brings deployments to their desired state, step by step; everything it knows is in the database and in Kubernetes."""
