"""What an EKS node leaves for a stack's pods."""

from math import ceil

from settings.aws.instances import size_of
from settings.aws.sections import NodeSettings
from settings.capacity import GIB, MIB, Nodes, Pods

_PODS = {1: 8, 2: 29, 4: 58, 8: 58, 48: 234}
_MOST_PODS = 737
"""Pods by cores, as the network plugin has addresses for them without prefixes; up to 48 cores, and beyond:
https://github.com/awslabs/amazon-eks-ami/blob/main/templates/shared/runtime/eni-max-pods.txt."""
_DAEMONS = Pods(180, 120 * MIB, 3)
"""On each node: network plugin, kube-proxy and disk driver, with the requests of the EKS add-ons."""
_OWN = (Pods(100, 70 * MIB, 2), Pods(60, 240 * MIB, 2))
"""Once for the cluster: CoreDNS and the disk driver's controller, two of each."""


def nodes_of(settings: NodeSettings) -> Nodes | None:
    """What the node group's nodes leave; None where an instance type's size is not known by its name.

    Args:
        settings: The node group's section.
    """
    sizes = {name: size_of(name) for name in settings.instance_types}
    known = {name: _room(*size) for name, size in sizes.items() if size is not None}
    if len(known) < len(sizes):
        return None
    largest = max(known, key=lambda name: known[name])
    millicores, memory, pods = known[largest]
    return Nodes(
        largest=largest,
        millicores=millicores,
        memory=memory,
        pods=pods,
        desired=settings.desired_size,
        most=settings.max_size,
        own=_OWN,
        machine_key="vvp:cluster.nodes.instanceTypes",
        desired_key="vvp:cluster.nodes.desiredSize",
        most_key="vvp:cluster.nodes.maxSize",
    )


def _room(cores: float, gib: float) -> tuple[int, int, int]:
    """Millicores, bytes and pods that are left after what EKS' image reserves and the daemons request: see
    https://github.com/awslabs/amazon-eks-ami/tree/main/nodeadm."""
    pods = next((most for up_to, most in _PODS.items() if cores <= up_to), _MOST_PODS)
    reserved = 60 + sum(10 if core == 1 else 5 if core < 4 else 2.5 for core in range(1, int(cores)))
    memory = gib * GIB - (255 + 11 * pods + 100) * MIB
    return (
        int(cores * 1000) - ceil(reserved) - _DAEMONS.millicores,
        int(memory) - _DAEMONS.memory,
        pods - _DAEMONS.count,
    )
