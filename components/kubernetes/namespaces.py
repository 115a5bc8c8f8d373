"""Namespaces with a level of Pod Security."""

from typing import Literal

import pulumi_kubernetes as k8s
from pulumi import ResourceOptions

Level = Literal["baseline", "restricted"]
BASELINE: Level = "baseline"
"""No pod gets at its node: no host network, processes, ports or paths, no privileges."""
RESTRICTED: Level = "restricted"
"""Nor does it run as root, or gain rights."""


def namespace(name: str, kubernetes_name: str, level: Level, *, opts: ResourceOptions) -> k8s.core.v1.Namespace:
    """A namespace that admits no pod below a level; what the strictest level would refuse is in the audit log.

    See https://kubernetes.io/docs/concepts/security/pod-security-admission/.

    Args:
        name: Logical name.
        kubernetes_name: Its name.
        level: `restricted` for images that are known to keep it.
        opts: Resource options; `provider` is the Kubernetes provider.
    """
    label = "pod-security.kubernetes.io/"
    labels = {f"{label}enforce": level, f"{label}audit": RESTRICTED}
    return k8s.core.v1.Namespace(name, metadata={"name": kubernetes_name, "labels": labels}, opts=opts)
