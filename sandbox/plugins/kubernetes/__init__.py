"""Stands in for the Pulumi Kubernetes provider, on a real API server and with the real Helm.

It does what https://github.com/pulumi/pulumi-kubernetes 4.34 does with server-side apply on, for objects of any kind
that the API server serves and for `helm.sh/v3:Release`. It refuses what it does not do: patch resources, lists, YAML
and Kustomize components, `helm.sh/v4:Chart`, rendering to a directory and client-side apply.
"""
