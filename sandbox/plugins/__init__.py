"""Executables that the Pulumi engine starts: the Python language host and the providers that stand in for the real ones."""
