"""One EKS cluster's control plane: real Kubernetes, kwok in place of the nodes, and an agent for what AWS adds."""
