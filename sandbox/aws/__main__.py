"""`python -m sandbox.aws`: serves the sandbox's cloud in the foreground, with the real control plane behind EKS."""

from sandbox.aws import server
from sandbox.cluster import lifecycle

if __name__ == "__main__":
    server.run(lifecycle)
