"""The disks of a Kubernetes namespace, typed."""

import pulumi
from pulumi import Input, ResourceOptions


class ReclaimedVolumes(pulumi.CustomResource):
    """Makes nothing; its deletion waits until the disks of a namespace's claims are deleted.

    What uses claims depends on it, and it depends on the storage driver: so the driver goes only when it has nothing
    left to delete. Disks that are to be retained are not waited for. The provider needs `kubeconfig`. Import:
    `NAMESPACE`.

    Args:
        resource_name: Logical name.
        namespace: The Kubernetes namespace.
        opts: Resource options.
    """

    def __init__(self, resource_name: str, *, namespace: Input[str], opts: ResourceOptions | None = None) -> None:
        super().__init__("vvp:index:ReclaimedVolumes", resource_name, {"namespace": namespace}, opts)
