"""The cluster's default storage class."""

import pulumi_kubernetes as k8s
from pulumi import ResourceOptions

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def default_storage_class(name: str, *, keeps_data: bool, opts: ResourceOptions) -> k8s.storage.v1.StorageClass:
    """A default class of encrypted gp3 volumes, made by the EBS CSI driver.

    Without it the platform's claim names no class and waits for ever. The parameters are those of
    https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md.

    Args:
        name: Logical name and name of the class.
        keeps_data: Whether a volume outlives its claim.
        opts: Resource options; `provider` is the Kubernetes provider.
    """
    return k8s.storage.v1.StorageClass(
        name,
        metadata={"name": name, "annotations": {DEFAULT_CLASS: "true"}},
        provisioner="ebs.csi.aws.com",
        parameters={"type": "gp3", "encrypted": "true"},
        reclaim_policy="Retain" if keeps_data else "Delete",
        # A volume lives in one zone: it is made where the pod is placed.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=opts,
    )
